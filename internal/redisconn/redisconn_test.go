package redisconn_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"authgraph/internal/redisconn"
	"authgraph/internal/redisconn/redistest"
)

func TestParse(t *testing.T) {
	for _, url := range []string{
		"",
		"localhost:6379",
		"http://u:hunter2@h",
		"unix:///hunter2",
		"redis://",
		"redis://u:hunter2@",
		"redis://u:hunter2@:6379",
		"redis://u:hunter2@h:port",
		"redis://u:hunter2%zz@h",
		"redis://u:hunter2@h/db",
		"redis://u:hunter2@h/1/2",
		"redis://u:hunter2@h/?db=1",
		"rediss://h/?skip_verify=true",
		"redis://u:hun#ter2@h",
		"redis://u:hunter2@h\n",
		"redis://u:hunter2@[::1/hunter2",
		"redis://u:hunter2@h,",
		"redis://u:hunter2@h,:6379",
		"redis://u:hunter2@h,other:port",
		"redis://u:hunter2@h,other/1",
		"redis+cluster://u:hunter2@h/1",
		"redis+ring://u:hunter2@h",
		"redis+://u:hunter2@h",
		"redis+sentinel://u:hunter2@h",
		"redis+sentinel://u:hunter2@h/",
		"redis+sentinel://u:hunter2@h/main/x",
		"redis+sentinel://u:hunter2@h/main/1/2",
	} {
		_, err := redisconn.Parse(url)
		if err == nil {
			t.Errorf("Parse(%q) succeeded", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the password appears in %q", err)
		}
	}
	for _, url := range []string{
		"redis://h", "redis://h:1/3", "rediss://u:p@h:1", "redis://[::1]:7",
		"redis://u:p%2C@h:1,h:2", "rediss://[::1]:1,[::1]:2", "redis+cluster://h:1", "rediss+cluster://h,i/",
		"redis+sentinel://h/main", "rediss+sentinel://u:p@h:1,[::1]/main/3",
	} {
		if _, err := redisconn.Parse(url); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestPrefixWithoutHashTag(t *testing.T) {
	c, err := redisconn.Parse("redis://h")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.WithPrefix("authgraph:{pool}:").Key("a"); got != "authgraph:{pool}:a" {
		t.Errorf("a key is %q", got)
	}
	for _, prefix := range []string{"", "authgraph:", "authgraph:{}:", "authgraph:}{:"} {
		func() {
			defer func() { _ = recover() }()
			c.WithPrefix(prefix)
			t.Errorf("WithPrefix(%q) did not panic", prefix)
		}()
	}
}

// Whatever the URL names, commands, pipelines, scripts and blocking reads work there.
func TestServers(t *testing.T) {
	const password = "The,Password@Store"
	cluster := redistest.StartCluster(t)
	first, _, _ := strings.Cut(cluster, ",")
	for name, url := range map[string]string{
		"one server":               redistest.Start(t).URL() + "/3",
		"nodes of a cluster":       "redis://" + cluster,
		"one node of a cluster":    "redis+cluster://" + first,
		"a master with a sentinel": "redis+sentinel://:The%2CPassword%40Store@" + redistest.StartSentinel(t, password) + "/main/2",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			config := redistest.Config(t, url, 5*time.Second)
			// Keys of several pools are in slots of both nodes.
			for _, pool := range []string{"a", "b", "c", "d"} {
				config := config.WithPrefix("authgraph:{" + pool + "}:")
				client := config.NewClient(config.Timeout, 2)
				t.Cleanup(func() { _ = client.Close() })
				var values []any
				script := redis.NewScript(`redis.call("SET", KEYS[1], ARGV[1]); return redis.call("MGET", KEYS[1], KEYS[2])`)
				redistest.Await(t, "the servers to be found", func() bool {
					var err error
					values, err = script.Run(ctx, client, []string{config.Key("x"), config.Key("y")}, name).Slice()
					return err == nil
				})
				if len(values) != 2 || values[0] != name || values[1] != nil {
					t.Errorf("the script returned %v", values)
				}
				_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
					p.Del(ctx, config.Key("x"))
					p.XAdd(ctx, &redis.XAddArgs{Stream: config.Key("s"), Values: []any{"r", "1"}})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				read := &redis.XReadArgs{Streams: []string{config.Key("s"), "0-0"}, Block: time.Second}
				if found, err := client.XRead(ctx, read).Result(); err != nil || len(found) != 1 {
					t.Errorf("%v, %v", found, err)
				}
			}
		})
	}
}

func TestSafeErrorExplains(t *testing.T) {
	cluster := redistest.StartCluster(t)
	first, _, _ := strings.Cut(cluster, ",")
	single := redistest.Start(t)
	for want, url := range map[string]string{
		"ERR (the database number is out of range)":          single.URL() + "/99",
		"WRONGPASS (the user name or the password is wrong)": "redis://u:hunter2@" + single.Address(),
		"MOVED (it is a node of a cluster":                   "redis://" + first,
		"ERR (it is not a cluster node)":                     "redis+cluster://" + single.Address(),
	} {
		config := redistest.Config(t, url, 5*time.Second)
		client := config.NewClient(config.Timeout, 2)
		t.Cleanup(func() { _ = client.Close() })
		var err error
		for _, key := range []string{"{a}", "{b}", "{c}", "{d}"} { // some are on the other node
			err = errors.Join(err, redisconn.SafeError(client.Get(t.Context(), key).Err()))
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
