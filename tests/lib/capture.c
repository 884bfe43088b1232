/* SPDX-License-Identifier: BSD-2-Clause */
#include "capture.h"

#include <stdlib.h>

void capture_begin(struct capture *capture)
{
	capture->stream = open_memstream(&capture->text, &capture->length);
	if (!capture->stream)
		abort();
}

char *capture_end(struct capture *capture)
{
	if (fclose(capture->stream))
		abort();
	return capture->text;
}
