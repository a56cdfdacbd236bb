// SPDX-License-Identifier: GPL-2.0-only
#include "faulty_image.h"

FAULTY_IMAGE(faulty_ref);
