#include "testapp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Raw samples, so that percentiles are exact; 16 MiB at most, what comes after is counted only. */
#define MAX_SAMPLES (4u << 20)

static uint32_t *samples; /* microseconds */
static size_t kept, room;
static uint64_t answered;

void sample_add(int64_t ns)
{
	answered++;
	if (kept == MAX_SAMPLES)
		return;
	if (kept == room) {
		size_t more = room ? 2 * room : 4096;
		uint32_t *grown = realloc(samples, more * sizeof(*samples));

		if (!grown)
			return;
		samples = grown;
		room = more;
	}
	samples[kept++] = ns / 1000 < UINT32_MAX ? (uint32_t)(ns / 1000) : UINT32_MAX;
}

void samples_reset(void)
{
	kept = 0;
	answered = 0;
}

static int ascending(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

/* Nearest rank: the smallest sample with at least a share of p at or below it. */
static uint32_t percentile(const uint32_t *sorted, double p)
{
	size_t rank = (size_t)(p * (double)kept);

	if ((double)rank < p * (double)kept)
		rank++;
	return kept ? sorted[rank ? rank - 1 : 0] : 0;
}

char *samples_summary(size_t *length)
{
	uint32_t *sorted = malloc(kept ? kept * sizeof(*sorted) : 1);
	uint64_t sum = 0;
	char *text;
	int written;

	if (!sorted)
		return 0;
	if (kept)
		memcpy(sorted, samples, kept * sizeof(*sorted));
	for (size_t i = 0; i < kept; i++)
		sum += sorted[i];
	qsort(sorted, kept, sizeof(*sorted), ascending);
	written = asprintf(&text,
	                   "{\"pod\":\"%s\",\"count\":%" PRIu64 ",\"kept\":%zu,\"inFlight\":%" PRIu64
	                   ",\"p50Us\":%u,\"p90Us\":%u,\"p99Us\":%u,\"maxUs\":%u,\"meanUs\":%.1f}\n",
	                   settings.pod, answered, kept, in_flight, percentile(sorted, 0.5), percentile(sorted, 0.9),
	                   percentile(sorted, 0.99), percentile(sorted, 1), kept ? (double)sum / (double)kept : 0);
	free(sorted);
	if (written < 0)
		return 0;
	*length = (size_t)written;
	return text;
}

/* Every sample in the order of the answers, microseconds, one per line. */
char *samples_dump(size_t *length)
{
	char *text = malloc(kept * 11 + 1), *at = text;

	if (!text)
		return 0;
	for (size_t i = 0; i < kept; i++)
		at += sprintf(at, "%u\n", samples[i]);
	*length = (size_t)(at - text);
	return text;
}
