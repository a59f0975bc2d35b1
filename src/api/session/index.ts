export { Session, type SessionEvent, type SessionInput, type SessionRevision } from './session.ts'
