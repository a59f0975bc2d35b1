export type Type = 'string' | 'int' | 'bool' | 'strings' | 'ints'
export type Value = string | number | boolean | readonly Value[]
