using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>Bends a finished answer as a fault asks for: other headers for the wait, or another schema.</summary>
internal static class PlannedAnswer
{
    private static readonly string[] WaitHeaders = ["Retry-After", "X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset"];

    public static Reply Of(Reply reply, SimFault fault, DateTimeOffset now) => fault.Kind switch
    {
        SimFaultKind.RateLimited when fault.Dialect != SimRetryDialect.Product => WithWait(reply, fault, now),
        SimFaultKind.SchemaChange when reply is { Status: < 300, Body: not null } => WithSchema(reply, fault),
        _ => reply,
    };

    private static Reply WithWait(Reply reply, SimFault fault, DateTimeOffset now)
    {
        var changed = Copy(reply, reply.Body, header => !WaitHeaders.Contains(header, StringComparer.OrdinalIgnoreCase));
        var back = now.AddSeconds(fault.RetryAfterSeconds);
        return fault.Dialect switch
        {
            SimRetryDialect.Seconds => changed.With("Retry-After", fault.RetryAfterSeconds.Plain()),
            SimRetryDialect.HttpDate => changed.With("Retry-After", back.ToString("R", CultureInfo.InvariantCulture)),
            SimRetryDialect.Epoch => changed.With("X-RateLimit-Reset", back.ToUnixTimeSeconds().Plain()),
            SimRetryDialect.Iso => changed.With("X-RateLimit-Reset", back.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
            SimRetryDialect.Delta => changed.With("RateLimit-Reset", fault.RetryAfterSeconds.Plain()),
            _ => changed,
        };
    }

    private static Reply WithSchema(Reply reply, SimFault fault)
    {
        // The answer may share nodes with the system's own state.
        var body = reply.Body!.DeepClone();
        Change(body, fault.Field!.Split('.'), fault);
        return Copy(reply, body, _ => true);
    }

    private static void Change(JsonNode? node, ReadOnlySpan<string> path, SimFault fault)
    {
        if (node is JsonArray array && path[0] == "*" && path.Length > 1)
        {
            foreach (var item in array)
            {
                Change(item, path[1..], fault);
            }
        }
        else if (node is JsonObject json && json.TryGetPropertyValue(path[0], out var value))
        {
            if (path.Length > 1)
            {
                Change(value, path[1..], fault);
                return;
            }

            json.Remove(path[0]);
            switch (fault.Change)
            {
                case SimSchemaChange.Renamed: json[fault.NewName!] = value; break;
                case SimSchemaChange.Retyped: json[path[0]] = Retyped(value); break;
                default: break;
            }
        }
    }

    private static JsonNode Retyped(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String
        ? new JsonObject { ["value"] = value }
        : JsonValue.Create(value?.ToJsonString() ?? "null");

    private static Reply Copy(Reply reply, JsonNode? body, Func<string, bool> keep)
    {
        var copy = new Reply(reply.Status, body);
        copy.Headers.AddRange(reply.Headers.Where(header => keep(header.Name)));
        return copy;
    }
}
