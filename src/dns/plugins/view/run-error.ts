/** What Go's expression language calls a run-time error: the view does not match then. */
export class RunError extends Error {}
