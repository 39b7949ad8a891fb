/*
 * Putting objects into storage.
 */
#ifndef CORE_LIFECYCLE_OBJECTS_H
#define CORE_LIFECYCLE_OBJECTS_H

#include "core/lifecycle.h"
#include "core/object.h"

/*
 * Put an object, whose key is of d's execution, in place of what had that
 * key.  f is what the worker claims to be; steps must be loaded when it is
 * one's, and then the key is that step's.  False when that or the execution
 * is over.
 */
bool lifecycle_object_put(struct decision *d, const struct object_put *put,
    const struct fence *f);

#endif
