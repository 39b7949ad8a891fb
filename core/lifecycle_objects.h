/*
 * Putting objects into storage.
 */
#ifndef CORE_LIFECYCLE_OBJECTS_H
#define CORE_LIFECYCLE_OBJECTS_H

#include "core/lifecycle.h"
#include "core/object.h"

/*
 * Put an object, whose key is of d's execution, in place of what had that
 * key.  False when the execution is over.
 */
bool lifecycle_object_put(struct decision *d, const struct object_put *put);

#endif
