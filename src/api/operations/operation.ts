import type { Static, TObject, TSchema } from 'typebox'
import type { Session } from '../session/index.ts'

/** Where the parts of an operation's input travel over HTTP. Together they are one flat object. */
export interface OperationSchemas<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TObject = TObject,
  Response extends TSchema = TSchema,
> {
  /** Parts of the path, as `:name` in it. */
  readonly params: Params
  readonly query: Query
  /** JSON; an operation of method GET has none. */
  readonly body: Body
  readonly response: Response
}

/**
 * One question, or one change: the same over HTTP, in a browser worker, and as a function call. A handler knows neither sockets nor files
 * nor clocks; the same session and input give the same output. Throws KubehopError.
 */
export interface Operation<
  Name extends string = string,
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TObject = TObject,
  Response extends TSchema = TSchema,
> extends OperationSchemas<Params, Query, Body, Response> {
  readonly name: Name
  readonly method: 'GET' | 'POST'
  /** Begins with `/api/`. */
  readonly path: string
  /** One sentence. */
  readonly summary: string
  /** It changes the session: refused from foreign origins. */
  readonly changes: boolean
  readonly handle: (session: Session, input: Static<Params> & Static<Query> & Static<Body>) => Static<Response>
}

/** Checks nothing; it lets TypeScript find the types of an operation in its schemas. */
export function defineOperation<
  const Name extends string,
  Params extends TObject,
  Query extends TObject,
  Body extends TObject,
  Response extends TSchema,
>(operation: Operation<Name, Params, Query, Body, Response>): Operation<Name, Params, Query, Body, Response> {
  return operation
}
