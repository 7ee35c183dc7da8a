// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// etcdLogger passes what etcd logs on to log. Where etcd would end the process it panics instead.
func etcdLogger(log *slog.Logger) *zap.Logger {
	return zap.New(&slogCore{log: log}, zap.WithFatalHook(zapcore.WriteThenPanic))
}

// slogCore is a zapcore.Core that writes to slog.
type slogCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

// level returns slog's level for etcd's. What etcd gives up over is an error. The rest is for
// debugging: what concerns us fails a request, whose caller reports it, and etcd calls it an error
// when a new store has no term yet.
func level(l zapcore.Level) slog.Level {
	if l >= zapcore.DPanicLevel {
		return slog.LevelError
	}
	return slog.LevelDebug
}

// Enabled drops what is below etcd's warnings.
func (c *slogCore) Enabled(l zapcore.Level) bool {
	return l >= zapcore.WarnLevel && c.log.Enabled(context.Background(), level(l))
}

func (c *slogCore) With(fields []zapcore.Field) zapcore.Core {
	return &slogCore{c.log, append(c.fields[:len(c.fields):len(c.fields)], fields...)}
}

func (c *slogCore) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(entry.Level) {
		return checked.AddCore(entry, c)
	}
	return checked
}

func (c *slogCore) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, field := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		field.AddTo(values)
	}
	c.log.Log(context.Background(), level(entry.Level), "etcd: "+entry.Message, "fields", values.Fields)
	return nil
}

func (c *slogCore) Sync() error {
	return nil
}
