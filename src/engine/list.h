/* list.h - a first-in-first-out list that lives inside its members. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

#define LIST_OWNER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	*l = (struct list){.prev = l, .next = l};
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/** Append `item`; it must be in no list. */
static inline void list_push(struct list *head, struct list *item)
{
	*item = (struct list){.prev = head->prev, .next = head};
	item->prev->next = item;
	head->prev = item;
}

static inline struct list *list_first(const struct list *head)
{
	return list_empty(head) ? NULL : head->next;
}
