/*
 * Who may ask while no API key is stored: programs of this machine, but no
 * web page of somebody else's that happens to be open on it.
 */
#ifndef HTTP_NEARBY_H
#define HTTP_NEARBY_H

#include "core/slice.h"

/*
 * True for a Host that leads here by its own meaning: a loopback address,
 * localhost or a name below it, or a name without a dot.  A page that had its
 * own domain resolve to this machine (DNS rebinding) sends that domain.
 */
bool nearby_host(struct slice host);

/* True for no Origin, and for one whose host nearby_host() allows. */
bool nearby_origin(struct slice origin);

#endif
