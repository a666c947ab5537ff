/** The SDK on a page, for a test to use as a customer's code would. */
import * as sdk from '@siskin/sdk';

Object.assign(globalThis, { sdk });
