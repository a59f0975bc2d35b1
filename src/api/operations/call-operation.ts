import type { Static } from 'typebox'
import { KubehopError } from '../../errors.ts'
import type { Session } from '../session/index.ts'
import { checkInput } from './check-input.ts'
import type { Operation } from './operation.ts'
import { OPERATIONS, type OperationName } from './operations.ts'

type Of<Name extends OperationName> = (typeof OPERATIONS)[Name]

/** What an operation takes: parameters of its path, query and body in one object. */
export type OperationInput<Name extends OperationName> = Static<Of<Name>['params']> &
  Static<Of<Name>['query']> &
  Static<Of<Name>['body']>

export type OperationOutput<Name extends OperationName> = Static<Of<Name>['response']>

/** Asks a session. Throws KH_USAGE where the input is not what the operation takes, and what the operation throws. */
export function callOperation<Name extends OperationName>(
  session: Session,
  name: Name,
  input: OperationInput<Name>,
): OperationOutput<Name> {
  return callByName(session, name, input) as OperationOutput<Name>
}

/** The same for a name and an input that come from elsewhere. Throws KH_NOT_FOUND for an unknown name. */
export function callByName(session: Session, name: string, input: unknown): unknown {
  const operation = findOperation(name)
  return operation.handle(session, checkInput(operation, input))
}

function findOperation(name: string): Operation {
  // An own property of the table is an operation; its handler gets only input that was checked.
  if (Object.hasOwn(OPERATIONS, name)) return OPERATIONS[name as OperationName] as unknown as Operation
  throw new KubehopError('KH_NOT_FOUND', `there is no operation ${JSON.stringify(name)}`)
}
