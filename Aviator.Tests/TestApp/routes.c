#include "testapp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DELAY_MS 600000.0

/* The value of ?name=… as a number from 0 to `most`; -1 when it is absent or no such number. */
static double parameter(const char *target, const char *name, double most)
{
	const char *at = strchr(target, '?');
	size_t length = strlen(name);

	for (; at; at = strchr(at, '&')) {
		char *end;
		double value;

		at++;
		if (strncmp(at, name, length) || at[length] != '=')
			continue;
		value = strtod(at + length + 1, &end);
		return end != at + length + 1 && (!*end || *end == '&') && value >= 0 && value <= most ? value : -1;
	}
	return -1;
}

static bool is_path(const char *target, const char *path)
{
	size_t length = strlen(path);

	return !strncmp(target, path, length) && (!target[length] || target[length] == '?');
}

static int64_t usual_delay(void)
{
	int64_t delay = settings.once ? settings.once : settings.delay;

	settings.once = 0;
	return delay;
}

/* /            the pod's name after the delay that is set
 * /bytes?n=N   N bytes instead
 * ?delay=MS and ?status=CODE overrule the settings for this request */
void serve(struct connection *connection, const char *target)
{
	double delay = parameter(target, "delay", MAX_DELAY_MS);
	double status = parameter(target, "status", 599);
	double bytes = is_path(target, "/bytes") ? parameter(target, "n", 1e10) : 0;

	connection->status = status >= 200 ? (int)status : settings.status;
	connection->bytes = bytes > 0 ? (uint64_t)bytes : 0;
	connection->stage = settings.hang ? HUNG : DELAYED;
	if (delay < 0 && connection->status != 200)
		delay = 0; /* a failure is fast */
	connection->due = connection->began + (delay < 0 ? usual_delay() : (int64_t)(delay * 1e6));
}

static void answer_text(struct connection *connection, char *text, size_t length)
{
	if (text)
		prepare_answer(connection, 200, "text/plain", text, length, 0);
	else
		prepare_answer(connection, 503, "text/plain", "out of memory\n", 14, 0);
	free(text);
}

static void answer_settings(struct connection *connection)
{
	char text[512];
	int length = snprintf(text, sizeof(text), "{\"pod\":\"%s\",\"delayMs\":%.3f,\"status\":%d,\"mode\":\"%s\",\"ready\":%s}\n",
	                      settings.pod, (double)settings.delay / 1e6, settings.status,
	                      !settings.accepts ? "no-accept"
	                      : settings.hang   ? "hang"
	                                        : "serve",
	                      settings.ready ? "true" : "false");

	prepare_answer(connection, 200, "application/json", text, (size_t)length, 0);
}

static bool change(const char *target)
{
	double delay = parameter(target, "delay", MAX_DELAY_MS), status = parameter(target, "status", 599);
	double ready = parameter(target, "ready", 1);
	double once = parameter(target, "once", MAX_DELAY_MS);
	bool hang = strstr(target, "mode=hang"), stops = strstr(target, "mode=no-accept"), serves = strstr(target, "mode=serve");

	if (delay >= 0)
		settings.delay = (int64_t)(delay * 1e6);
	if (status >= 200)
		settings.status = (int)status;
	if (ready >= 0)
		settings.ready = ready > 0;
	if (once >= 0)
		settings.once = (int64_t)(once * 1e6);
	if (hang || stops || serves) {
		settings.hang = hang;
		set_accepting(!stops);
	}
	return delay >= 0 || status >= 200 || ready >= 0 || once >= 0 || hang || stops || serves;
}

void control(struct connection *connection, const char *target)
{
	size_t length = 0;
	char *text;

	if (is_path(target, "/ready")) {
		bool ready = settings.ready && !settings.draining;

		prepare_answer(connection, ready ? 200 : 503, "text/plain", ready ? "ready\n" : "unready\n", ready ? 6 : 8, 0);
	} else if (is_path(target, "/healthz")) {
		prepare_answer(connection, 200, "text/plain", "ok\n", 3, 0);
	} else if (is_path(target, "/settings")) {
		answer_settings(connection);
	} else if (is_path(target, "/set")) {
		if (!change(target)) {
			static const char usage[] = "delay=MS once=MS status=200..599 mode=hang|no-accept|serve ready=0|1\n";

			prepare_answer(connection, 400, "text/plain", usage, sizeof(usage) - 1, 0);
			return;
		}
		printf("set: %s\n", strchr(target, '?') + 1);
		answer_settings(connection);
	} else if (is_path(target, "/reset")) {
		samples_reset();
		prepare_answer(connection, 200, "text/plain", "ok\n", 3, 0);
	} else if (is_path(target, "/stats")) {
		text = samples_summary(&length);
		answer_text(connection, text, length);
	} else if (is_path(target, "/samples")) {
		text = samples_dump(&length);
		answer_text(connection, text, length);
	} else {
		prepare_answer(connection, 404, "text/plain", "not found\n", 10, 0);
	}
}
