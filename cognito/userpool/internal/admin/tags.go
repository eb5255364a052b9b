package admin

import (
	"maps"
	"strings"

	"authgraph/cognito/userpool/internal/exception"
	"authgraph/cognito/userpool/internal/service"
	"authgraph/cognito/userpool/internal/settings"
	"authgraph/cognito/userpool/internal/store"
)

type resourceInput struct {
	ResourceArn string `json:"ResourceArn" is:"required,arn"`
}

// poolID returns the id of the user pool that the ARN names. Nothing else can have tags.
func (in *resourceInput) poolID() (string, error) {
	_, id, ok := strings.Cut(in.ResourceArn, ":userpool/")
	if !ok || in.ResourceArn != settings.PoolARN(id) {
		return "", exception.NotFound("Resource %s does not exist.", exception.Shorten(in.ResourceArn))
	}
	return id, nil
}

type tagInput struct {
	resourceInput
	Tags map[string]string `json:"Tags" is:"required"`
}

// TagResource adds tags to a pool and replaces those with the same keys.
func (o *Operations) TagResource(c *service.Call, in *tagInput) (*service.Empty, error) {
	return o.editTags(c, &in.resourceInput, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

type untagInput struct {
	resourceInput
	TagKeys []string `json:"TagKeys" is:"required"`
}

// UntagResource removes tags from a pool.
func (o *Operations) UntagResource(c *service.Call, in *untagInput) (*service.Empty, error) {
	return o.editTags(c, &in.resourceInput, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

func (o *Operations) editTags(c *service.Call, in *resourceInput, edit func(tags map[string]string)) (*service.Empty, error) {
	id, err := in.poolID()
	if err != nil {
		return nil, err
	}
	return &service.Empty{}, o.Update(id, c.Now, func(t *store.Tx) error {
		rec, tags := *t.Pool, map[string]string{}
		maps.Copy(tags, rec.UserPoolTags)
		edit(tags)
		rec.UserPoolTags = tags
		if err := settings.CheckTags(tags); err != nil {
			return err
		}
		return t.PutPool(rec)
	})
}

type tagsOutput struct {
	Tags map[string]string `json:"Tags"`
}

// ListTagsForResource returns the tags of a pool.
func (o *Operations) ListTagsForResource(c *service.Call, in *resourceInput) (*tagsOutput, error) {
	id, err := in.poolID()
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: map[string]string{}}
	err = o.View(id, c.Now, func(t *store.Tx) error {
		maps.Copy(out.Tags, t.Pool.UserPoolTags)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
