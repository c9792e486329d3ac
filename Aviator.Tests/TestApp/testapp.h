/*
 * An HTTP/1.1 server whose latency is set from outside and which knows the truth about it: one thread, one epoll loop,
 * delays by timers, so that hundreds of requests can wait at once. Port 8080 serves, port 8081 controls.
 */
#ifndef TESTAPP_H
#define TESTAPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVICE_PORT 8080 /* unless the environment says SERVICE_PORT */
#define CONTROL_PORT 8081
#define MAX_HEAD 8192 /* bytes of a request's head */
#define MAX_TARGET 255

enum stage {
	READING, /* waits for a request, or has a part of one */
	DELAYED, /* has a request, answers at `due` */
	HUNG,    /* has a request, never answers */
	WRITING, /* has an answer that the client has not taken yet */
};

struct connection {
	int fd;           /* -1: gone, freed at the end of the turn */
	uint32_t watched; /* events that epoll reports */
	enum stage stage;
	bool control;
	bool headed;   /* the head of a request was parsed, `body` bytes of its body are still to come */
	bool owes;     /* a request of the service port was begun and its answer is not sent to the end */
	bool last;     /* close after this answer */
	int64_t began; /* when the first byte of the request was read (or arrived: `stamps`), CLOCK_MONOTONIC ns; 0: no request yet */
	int64_t due;   /* when to answer */
	size_t timer;  /* position in the heap of timers, plus 1; 0 when not in it */
	uint64_t body;
	int status;     /* of the answer that is due */
	uint64_t bytes; /* of filling that the answer shall have; 0: the pod's name */
	char *answer;   /* head and body, or head alone when filling follows */
	size_t length, sent;
	uint64_t filling; /* bytes that follow `answer` */
	struct connection *next_gone;
	size_t have; /* bytes in `head` */
	char target[MAX_TARGET + 1];
	char head[MAX_HEAD + 1];
};

struct settings {
	int64_t delay; /* ns */
	int64_t once;  /* ns that the next request takes instead; 0: it is as the others */
	int status;    /* other than 200: answered at once, without delay */
	bool hang;
	bool accepts; /* false: the service port accepts nothing, though the kernel still completes handshakes */
	bool ready;
	bool draining; /* between SIGTERM and the end */
	bool stamps;   /* a request begins when the kernel took it in, not when it was read */
	const char *pod;
};

extern struct settings settings;
extern uint64_t in_flight;  /* requests on the service port: first byte read, answer not begun */
extern uint64_t unfinished; /* the same, but answer not sent to its end */

int64_t now(void);

/* testapp.c */
void hang_up(struct connection *connection);
void set_accepting(bool accepts);

/* connection.c */
void receive(struct connection *connection); /* takes what arrived */
void advance(struct connection *connection); /* continues as far as it can without waiting */
void prepare_answer(struct connection *connection, int status, const char *type, const char *body, size_t length, uint64_t filling);

/* routes.c: decide how a request is answered. */
void serve(struct connection *connection, const char *target);
void control(struct connection *connection, const char *target);

/* timers.c: a heap, earliest first. */
void timer_set(struct connection *connection);
void timer_clear(struct connection *connection);
struct connection *timer_next(void);

/* samples.c: service times of the service port, from `began` to the first byte of the answer written. */
void sample_add(int64_t ns);
void samples_reset(void);
char *samples_summary(size_t *length);
char *samples_dump(size_t *length);

#endif
