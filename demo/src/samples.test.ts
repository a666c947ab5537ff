/**
 * The samples on the page are real: people's digits and houses from the repository's data, held out
 * from training (or built since). `vitest -u` writes the files anew from the data.
 */
import { expect, test } from 'vitest';
import { readDigits, splitDigits } from '../data/digits.ts';
import { type House, readHouses, splitHouses } from '../data/houses.ts';

const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

test('sample digits are the first held-out image of each digit', async () => {
  const { heldOut } = splitDigits(readDigits());
  const samples = Array.from({ length: 10 }, (_, label) => {
    const digit = heldOut.find((one) => one.label === label)!;
    return { label: String(label), pixels: Buffer.from(digit.pixels).toString('base64') };
  });
  await expect(text(samples)).toMatchFileSnapshot('digit/samples.json');
});

test('sample houses are sales the model was not trained on', async () => {
  const { heldOut, since } = splitHouses(readHouses());
  const sold = (from: readonly House[], row: number, remark: string) => {
    const { inputs, price, yearSold } = from.find((house) => house.row === row)!;
    return {
      name: `${inputs.year_built}, ${inputs.neighbourhood}`,
      remark: `sold ${yearSold}${remark}`,
      price,
      inputs,
    };
  };
  const samples = [
    sold(heldOut, 640, ''),
    sold(heldOut, 915, ''),
    sold(heldOut, 1303, ''),
    sold(since, 36, ', newer than any it learnt'),
  ];
  await expect(text(samples)).toMatchFileSnapshot('house/samples.json');
});
