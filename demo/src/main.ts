/** The page: reads its options, makes a client, puts two models on it and shows what they do. */
import { createSiskin, SiskinError, type SiskinOptions } from '@siskin/sdk';
import { type Card, createCard, dress } from './card/card.ts';
import { readOptions } from './config.ts';
import { createDigit } from './digit/digit.ts';
import { part } from './dom.ts';
import { wordsFor } from './errors.ts';
import { dollars } from './format.ts';
import { createHouse } from './house/house.ts';
import { createLog } from './log.ts';
import { createSent } from './sent/sent.ts';
import { showStays } from './sent/stays.ts';
import type { Hooks } from './subject.ts';

const sections = {
  house: part(document, 'house'),
  digits: part(document, 'digits'),
  sent: part(document, 'sent'),
};
const log = createLog(part(document, 'events'));
const fail = (error: unknown) => {
  const { title, code } = wordsFor(error);
  log('error', `${title} (${code})`);
};

/** What goes wrong before there is a client is said where people look first. */
function giveUp(error: unknown): void {
  const { title, advice, code, detail } = wordsFor(error);
  const box = part(document, 'page-problem');
  part(box, 'page-problem-text').textContent = `${title}. ${advice}`;
  part(box, 'page-problem-code').textContent = `${code}: ${detail}`;
  box.hidden = false;
  document.body.dataset.state = 'failed';
  fail(error);
}

/** The browser's Global Privacy Control says no for its user; the SDK heeds it, and so the page shows it. */
const privacy = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;

function open(options: SiskinOptions): void {
  const siskin = createSiskin(options);
  const sent = createSent({
    section: sections.sent,
    siskin,
    consent: options.consent ?? !privacy,
    log,
    failed: fail,
  });
  let cards: { house: Card; digits: Card } | undefined;
  const hooks: Hooks = {
    counted() {
      sent.refresh();
      // Cards show their first state while they are being made.
      queueMicrotask(showWhatStays);
    },
    log,
  };
  const house = createHouse({
    section: sections.house,
    hooks,
    changed: (ms) => cards?.house.changed(ms),
    failed: fail,
  });
  const digit = createDigit({
    section: sections.digits,
    changed: (ms) => cards?.digits.changed(ms),
  });
  const card = (model: 'house' | 'digits') =>
    createCard({
      section: sections[model],
      siskin,
      model,
      subject: model === 'house' ? house : digit,
      hooks,
    });
  const showWhatStays = () => {
    const price = cards?.house.answer?.output;
    const label = cards?.digits.answer?.label;
    showStays(sections.sent, {
      house: house.words(),
      drawing: sections.digits.hasAttribute('data-drawn'),
      answers: [
        ...(typeof price === 'number' ? [dollars(price)] : []),
        ...(label ? [`a ${label}`] : []),
      ].join(' · '),
    });
  };
  cards = { house: card('house'), digits: card('digits') };

  siskin.on('manifest', ({ sequence }) =>
    log('update', `manifest ${sequence} is signed and taken`),
  );
  siskin.on('error', ({ error }) => fail(SiskinError.fromData(error)));
  siskin.on('batch', ({ id, state, code }) => {
    const short = id.slice(0, 6);
    if (state === 'sent') log('sent', `batch ${short}… acknowledged by the collector`);
    else if (state === 'delayed') log('sent', `batch ${short}… waits for the collector (${code})`);
    else if (state === 'refused') log('error', `batch ${short}… was refused (${code})`);
    sent.refresh();
  });
}

dress(sections.house);
dress(sections.digits);
try {
  open(await readOptions());
} catch (error) {
  giveUp(error);
}
