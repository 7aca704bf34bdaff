/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong or dangerous in the way a map is set up. */
#ifndef RRPATH_DOCTOR_FINDINGS_H
#define RRPATH_DOCTOR_FINDINGS_H

#include "doctor.h"

/* Appends to @doctor->finding what is found, the most dangerous first. */
void rrpath_doctor_find(struct rrpath_doctor *doctor);

#endif
