// What a table of descriptions holds, and the phrases that many types share.

/** What a type is, and what each of its fields means, in a sentence each. */
export type TypeDescription = readonly [about: string, fields?: Readonly<Record<string, string>>]

/** By the name of the type within one group and version. */
export type DescriptionTable = Readonly<Record<string, TypeDescription>>

/** The fields of a condition of `what`, on top of which a kind may have its own. */
export function conditionOf(what: string): TypeDescription {
  return [
    `One aspect of the state of ${what}, as last seen.`,
    {
      type: 'Which aspect this is.',
      status: 'Whether it holds: True, False or Unknown.',
      reason: 'Why it changed last, in one word in CamelCase for programs to read.',
      message: 'Why it changed last, in a sentence for people to read.',
      lastTransitionTime: 'When status changed last.',
    },
  ]
}

/** An object with a spec and a status. */
export function objectOf(about: string): TypeDescription {
  return [
    about,
    {
      spec,
      status: 'What is, as the cluster last saw it. Set by the system, read-only to users.',
    },
  ]
}

export const spec = 'What is wanted.'
export const observedGeneration = 'The metadata.generation that was looked at.'
export const fsType =
  'File system to mount, which the machine must know, such as ext4 or xfs. Default: ext4.'
export const readOnly = 'Mounts the volume read-only in every container. Default: false.'
export const optional = 'The Pod starts without it where it, or the key, does not exist.'
export const labelSelector = 'Which objects are meant, by their labels.'
