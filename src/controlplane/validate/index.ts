export { apiMessage, errorBody, type FieldError, userMessage } from './field-error.ts'
export { checkSchema, hasSchema } from './schema.ts'
export { isClusterPolicy, validate } from './validate.ts'
