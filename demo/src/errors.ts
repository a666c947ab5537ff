/** Errors in words: what happened, and what a person can do about it. */
import { type ErrorCode, SiskinError } from '@siskin/sdk';

export interface Words {
  title: string;
  advice: string;
  code: ErrorCode | 'unexpected';
  /** The technical message, for whoever is asked for help. */
  detail: string;
}

type Known = Partial<Record<ErrorCode, readonly [title: string, advice: string]>>;

const KNOWN: Known = {
  config_invalid: [
    'This page’s options are not right',
    'Start the demo with “npm start”, or correct what is named here.',
  ],
  browser_unsupported: [
    'This browser cannot run the models',
    'Use a current Chrome, Edge, Firefox or Safari, over https or on localhost.',
  ],
  worker_failed: [
    'The model’s worker stopped',
    'Try again: a new one is started. If it stops once more, reload the page.',
  ],
  deadline_exceeded: [
    'That took too long',
    'Try again; close other busy tabs if it happens often.',
  ],
  queue_full: ['Too many questions at once', 'Wait a moment and try again.'],
  manifest_unreachable: [
    'The collector cannot be reached',
    'Check that it runs, then try again. Models that are on this device go on answering.',
  ],
  manifest_signature: [
    'The update’s signature is not from a known key',
    'Nothing was installed. Compare “publicKeys” with what “siskin init” printed.',
  ],
  manifest_invalid: [
    'The list of models cannot be read',
    'Nothing was installed. Check the collector’s address.',
  ],
  manifest_expired: [
    'The list of models has expired',
    'What runs keeps running. Check this device’s clock, or publish again.',
  ],
  model_unknown: [
    'This model is not published',
    'Publish it with “siskin publish”, then try again.',
  ],
  model_disabled: ['This model is switched off', 'Its team has disabled it; do this step by hand.'],
  download_failed: ['The model could not be downloaded', 'Check the connection, then try again.'],
  artifact_truncated: ['The download broke off', 'Nothing was installed. Try again.'],
  artifact_hash: [
    'The downloaded model is not the one that was signed',
    'Nothing was installed. Try again; tell its team if it stays so.',
  ],
  self_test_failed: [
    'The model computes wrongly on this device',
    'It is not used. Try another browser, or do this step by hand.',
  ],
  input_invalid: ['The model cannot read this input', 'Check the fields for unusual values.'],
  prediction_failed: ['The model gave no answer', 'Change the input, or try again.'],
  prediction_unknown: ['That answer is too old to refer to', 'Ask again, then repeat your choice.'],
};

export function wordsFor(error: unknown): Words {
  if (!(error instanceof SiskinError)) {
    return {
      title: 'Something unexpected happened',
      advice: 'Reload the page and try again.',
      code: 'unexpected',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
  const [title, advice] = KNOWN[error.code] ?? [
    'Something went wrong',
    error.retryable ? 'Try again in a moment.' : 'Reload the page and try again.',
  ];
  return { title, advice, code: error.code, detail: error.message };
}
