/** Told of each reading of a file, and how far it is. */
export interface Progress {
  /** @param what is being done, for a person. @param bytes of the file. */
  start(what: string, bytes: number): void;
  at(bytes: number, rows: number): void;
  stop(): void;
}
