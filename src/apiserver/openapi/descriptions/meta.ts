// Table of descriptions: what every object has, meta/v1.

import { conditionOf, type DescriptionTable, observedGeneration } from './description-table.ts'

export const metaDescriptions: DescriptionTable = {
  ObjectMeta: [
    'What every object that is kept has: its name, its labels, and what the system notes about it.',
    {
      name: 'Name of the object, unique for its kind in its namespace. Cannot be changed.',
      generateName: 'Beginning of a name that the server completes where name is empty.',
      namespace: 'Namespace that the object lives in. Empty for kinds that belong to the cluster.',
      labels: 'Keys and values by which selectors find the object, and people sort it.',
      annotations: 'Keys and values that programs keep with the object. Not for selecting.',
      uid: 'Identity of this object in time and space. Given by the server, never used twice.',
      resourceVersion:
        'Version of the object for optimistic concurrency and watches. Opaque; send it back as it came.',
      generation: 'Counts the changes of what is wanted (spec). Set by the server.',
      creationTimestamp:
        'CreationTimestamp is a timestamp of when the server created the object, in UTC. Set by the server.',
      deletionTimestamp:
        'When the object is to be gone. Set by the server when its deletion is asked for gracefully.',
      deletionGracePeriodSeconds:
        'How long the object may take to end, from when its deletion was asked for.',
      finalizers:
        'Who has to finish work before the object may go. It is removed when the list is empty.',
      ownerReferences:
        'Objects that this one depends on. When all of them are gone, it is deleted too.',
      managedFields: 'Which manager has set which field. Kept by the server for server-side apply.',
      selfLink: 'No longer set.',
    },
  ],
  OwnerReference: [
    'An object that another one depends on, in the same namespace or belonging to the cluster.',
    {
      apiVersion: 'API version of the owner.',
      kind: 'Kind of the owner.',
      name: 'Name of the owner.',
      uid: 'UID of the owner, so that a new object of the same name is not taken for it.',
      controller: 'Whether the owner is the controller that manages this object; one at most.',
      blockOwnerDeletion:
        'With foreground deletion the owner stays until this object is gone, when true.',
    },
  ],
  ManagedFieldsEntry: [
    'The fields that one manager has set by one operation.',
    {
      manager: 'Name of the manager.',
      operation: 'How the fields were set: Apply or Update.',
      apiVersion: 'Version of the kind in which the fields are named.',
      time: 'When the manager changed its set of fields last.',
      fieldsType: 'Format of the set of fields. FieldsV1 is the only one.',
      fieldsV1: 'The set of fields.',
      subresource: 'Subresource through which the fields were set, empty for the object itself.',
    },
  ],
  FieldsV1: [
    'A set of fields as nested JSON: f:NAME for a field, k:KEYS or v:VALUE for an item of a list.',
  ],
  LabelSelector: [
    'Selects objects by their labels. All that is stated must hold; an empty selector means all.',
    {
      matchLabels: 'Labels that an object must have with exactly these values.',
      matchExpressions: 'Requirements on labels, all of which must hold.',
    },
  ],
  LabelSelectorRequirement: [
    'One requirement on a label.',
    {
      key: 'Key of the label.',
      operator: 'In, NotIn, Exists or DoesNotExist.',
      values: 'Values for In and NotIn; empty for the others.',
    },
  ],
  Condition: [conditionOf('an object')[0], { ...conditionOf('an object')[1], observedGeneration }],
  ListMeta: [
    'What every list has beside its items.',
    {
      continue: 'Token for the next page. Empty when the list ends here.',
      remainingItemCount: 'How many items follow this page, where that is known.',
      resourceVersion: 'Version at which the list was read. A watch may start from it.',
      selfLink: 'No longer set.',
    },
  ],
  DeleteOptions: [
    'How an object is to be deleted.',
    {
      apiVersion: 'API version of these options.',
      kind: 'DeleteOptions.',
      dryRun: 'All: check everything and keep nothing.',
      gracePeriodSeconds: 'Time for the object to end; 0 means at once. Default: that of its kind.',
      ignoreStoreReadErrorWithClusterBreakingPotential:
        'Deletes an object that cannot be read any more, without finalizers. Dangerous.',
      orphanDependents: 'Deprecated; see propagationPolicy. True leaves dependents in place.',
      preconditions: 'What must be true of the object, else it is not deleted.',
      propagationPolicy:
        'What becomes of dependents: Orphan leaves them, Background deletes them later, Foreground first.',
    },
  ],
  Preconditions: [
    'What must be true before an operation is carried out.',
    {
      resourceVersion: 'The version that the object must have.',
      uid: 'The UID that the object must have.',
    },
  ],
  Status: [
    'What a request that has no object to answer with came to.',
    {
      code: 'The HTTP status.',
      details: 'More about the reason, in parts.',
      message: 'What happened, for people to read.',
      reason: 'Why it failed, in one word in CamelCase.',
      status: 'Success or Failure.',
    },
  ],
  StatusDetails: [
    'More about what a Status says.',
    {
      causes: 'Each thing that was wrong.',
      group: 'API group of the resource in question.',
      kind: 'Kind or resource in question.',
      name: 'Name in question.',
      retryAfterSeconds: 'How long to wait before trying again.',
      uid: 'UID of the object in question.',
    },
  ],
  StatusCause: [
    'One thing that was wrong.',
    {
      field: 'The field that was wrong, by its JSON path.',
      message: 'What was wrong, for people to read.',
      reason: 'What was wrong, in one word in CamelCase.',
    },
  ],
  Time: ['A point in time in UTC, to the second, as in RFC 3339.'],
  MicroTime: ['A point in time in UTC, to the microsecond, as in RFC 3339.'],
}
