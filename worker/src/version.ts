/** The SDK's version, as batches carry it; a test holds it against package.json. */
export const VERSION = '0.1.0';
