/** What is simulated: traffic in which nothing changes, and traffic in which one feature does. */
import type { World } from './features.ts';
import type { Change, Habits } from './traffic.ts';

export interface Stationary {
  name: string;
  world: World;
  n: number;
  habits: Habits;
  /** Of `--windows`: the large ones cost most and differ least from window to window. */
  share: number;
}

export interface Shifted {
  world: World;
  n: number;
  habits: Habits;
  change: Change;
  /** Windows before the change; 0: it is there from the first prediction. */
  after: number;
  /** Of `--runs`. */
  share: number;
}

const INDEPENDENT: Habits = { each: 1, icc: 0, returning: 0 };
const FRESH: Habits = { each: 10, icc: 0.3, returning: 0 };
const RETURNING: Habits = { ...FRESH, returning: 0.8 };
const LOYAL: Habits = { ...FRESH, returning: 0.95 };
/** The same devices in every window: who they happen to be differs from the reference, for good. */
const PANEL: Habits = { ...FRESH, returning: 1 };
const UNEVEN: Habits = { ...RETURNING, uneven: true };

const scenario = (
  name: string,
  n: number,
  habits: Habits,
  share = 1,
  world: World = 'normal',
): Stationary => ({ name, world, n, habits, share });

export const STATIONARY: readonly Stationary[] = [
  scenario('n50_independent', 50, INDEPENDENT),
  scenario('n50_fresh', 50, FRESH),
  scenario('n300_fresh', 300, FRESH),
  scenario('n300_returning80', 300, RETURNING),
  scenario('n1000_independent', 1000, INDEPENDENT),
  scenario('n1000_fresh', 1000, FRESH),
  scenario('n1000_returning80', 1000, RETURNING),
  scenario('n1000_returning95', 1000, LOYAL),
  scenario('n1000_same_devices', 1000, PANEL),
  scenario('n1000_uneven', 1000, UNEVEN),
  scenario('n1000_fewer_devices_at_night', 1000, { ...RETURNING, night: 'devices' }),
  scenario('n1000_quieter_devices_at_night', 1000, { ...RETURNING, night: 'predictions' }),
  scenario('n10000_fresh', 10_000, FRESH, 0.25),
  scenario('n10000_returning80', 10_000, RETURNING, 0.25),
  scenario('n1000000_independent', 1_000_000, INDEPENDENT, 0.02),
  scenario('n1000000_returning80', 1_000_000, RETURNING, 0.02),
  scenario('mixed_n300_returning80', 300, RETURNING, 1, 'mixed'),
  scenario('mixed_n1000_independent', 1000, INDEPENDENT, 1, 'mixed'),
  scenario('mixed_n1000_returning80', 1000, RETURNING, 1, 'mixed'),
  scenario('mixed_n1000_uneven', 1000, UNEVEN, 1, 'mixed'),
  scenario('mixed_n10000_returning80', 10_000, RETURNING, 0.25, 'mixed'),
];

/** Windows before the change: a model that has been watched for a day. */
const DAY = 24;
const by = (sd: number, feature = 0): Change => ({ feature, shift: (z) => z + sd });
const CONTAMINATED: Change = {
  feature: 0,
  shift: (z, random) => (random.uniform() < 0.03 ? z + 6 : z),
};

const shifted = (
  n: number,
  habits: Habits,
  change: Change,
  { world = 'normal', after = DAY, share = 1 }: Partial<Shifted> = {},
): Shifted => ({ world, n, habits, change, after, share });

/** The first four are the plan's. In the mixed world feature 4 has missing values, 6 five categories. */
export const SHIFTED: Readonly<Record<string, Shifted>> = {
  '0.25sd_n1000': shifted(1000, INDEPENDENT, by(0.25)),
  '0.25sd_n1000_clustered': shifted(1000, FRESH, by(0.25)),
  '0.15sd_n10000_clustered': shifted(10_000, FRESH, by(0.15), { share: 0.5 }),
  '3pct_6sd_n1000': shifted(1000, INDEPENDENT, CONTAMINATED),
  '0.25sd_n1000_clustered_no_history': shifted(1000, FRESH, by(0.25), { after: 0 }),
  '0.25sd_n1000_no_history': shifted(1000, INDEPENDENT, by(0.25), { after: 0 }),
  '3pct_6sd_n1000_no_history': shifted(1000, INDEPENDENT, CONTAMINATED, { after: 0 }),
  '0.25sd_n1000_returning80': shifted(1000, RETURNING, by(0.25)),
  '0.5sd_n300_clustered': shifted(300, FRESH, by(0.5)),
  '3pct_6sd_n1000_clustered': shifted(1000, FRESH, CONTAMINATED),
  mixed_missing_5_to_10pct_n1000_clustered: shifted(
    1000,
    FRESH,
    { feature: 4, missingBelow: -1.2816 },
    { world: 'mixed' },
  ),
  mixed_category_0_25sd_n1000_clustered: shifted(1000, FRESH, by(0.25, 6), { world: 'mixed' }),
  mixed_zero_inflated_0_25sd_n1000_clustered: shifted(1000, FRESH, by(0.25, 2), { world: 'mixed' }),
};
