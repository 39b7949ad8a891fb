/*
 * Topify's endpoints under /api/v1/tasks and /api/v1/articles; http/routes.c
 * has their rows.
 */
#ifndef HTTP_TOPIFY_H
#define HTTP_TOPIFY_H

struct request;

/* Tasks (http/topify_tasks.c). */
void topify_task_create(struct request *r);
void topify_task_list(struct request *r);
void topify_task_get(struct request *r);
void topify_task_cancel(struct request *r);
void topify_task_articles(struct request *r);

/* Articles (http/topify_articles.c). */
void topify_article_list(struct request *r);
void topify_article_get(struct request *r);
void topify_article_edit(struct request *r);
void topify_article_delete(struct request *r);

#endif
