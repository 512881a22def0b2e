using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Webhooks;

/// <summary>Reads the bodies of webhooks and takes them apart into events.</summary>
internal static class HookBody
{
    public const int MaxEvents = 1000;
    private const int MaxDepth = 64;
    private const int MaxIdLength = 128;
    private const int MaxTypeLength = 200;
    private const int MaxFields = 200;

    /// <summary>The body as JSON; null when it is none.</summary>
    public static JsonElement? Read(WebhookBodyFormat format, ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return null;
        }

        try
        {
            if (format == WebhookBodyFormat.Json)
            {
                return Parse(body);
            }

            var fields = Fields(Encoding.UTF8.GetString(body.Span));
            if (fields is null)
            {
                return null;
            }

            return fields["payload"] is JsonValue payload ? Parse(Encoding.UTF8.GetBytes(payload.GetValue<string>())) : JsonSerializer.SerializeToElement(fields);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The events of a body; null when there are more than <see cref="MaxEvents"/> or the list is missing.</summary>
    public static IReadOnlyList<HookEvent>? Events(WebhookTemplate webhook, HookRequest request, JsonElement body, string? signedId = null)
    {
        // Ids of the body are signed with it, and so is one that the signature names.
        var names = webhook.EventIdHeader is { } header && !(header == webhook.Verification.IdHeader && webhook.Verification.Payload.Contains("{id}", StringComparison.Ordinal)) ? signedId : null;

        List<JsonElement> items = [body];
        if (webhook.Items is { } path)
        {
            if (path.Length > 0 && ValuePath.Find(body, path) is not { ValueKind: JsonValueKind.Array })
            {
                return null;
            }

            items = [.. ValuePath.FindAll(body, path.Length == 0 ? "*" : path + ".*").Take(MaxEvents + 1)];
            if (items.Count > MaxEvents)
            {
                return null;
            }
        }

        return [.. items.Select((item, at) =>
        {
            var type = TypeOf(webhook, request, body, item);
            var signed = names is null ? null : string.Create(CultureInfo.InvariantCulture, $"~{names}#{at}");
            return new HookEvent(IdOf(webhook, request, item, at, items.Count), type, item, signed) { Route = RouteOf(webhook, type, item) };
        })];
    }

    private static string RouteOf(WebhookTemplate webhook, string type, JsonElement item) => webhook.Routes.FirstOrDefault(route =>
        (route.Types.Count == 0 || route.Types.Any(wanted => wanted.EndsWith('*') ? type.StartsWith(wanted[..^1], StringComparison.Ordinal) : type == wanted))
        && (route.BodyPath is not { } path || ValuePath.FindAll(item, path).Any(value => route.EqualTo is not { } expected || JsonElement.DeepEquals(value, expected))))?.To ?? "";

    private static string TypeOf(WebhookTemplate webhook, HookRequest request, JsonElement body, JsonElement item)
    {
        var type = webhook.EventTypeHeader is { } header ? request.Header(header) : null;
        if (type is null && webhook.EventTypePath is { } path)
        {
            // Some batches name the type once, beside the list.
            type = Text(ValuePath.Find(item, path)) ?? Text(ValuePath.Find(body, path));
        }

        type = new string([.. (type ?? "").Where(character => !char.IsControl(character))]);
        return type.Length <= MaxTypeLength ? type : type[..MaxTypeLength];
    }

    private static string IdOf(WebhookTemplate webhook, HookRequest request, JsonElement item, int at, int count)
    {
        string? id = null;
        if (webhook.EventIdHeader is { } header && SentId(request, header) is { } sent)
        {
            id = count == 1 ? sent : string.Create(CultureInfo.InvariantCulture, $"{sent}#{at}");
        }
        else if (webhook.EventIdPath is { } path)
        {
            // Of several places each must hold something: only together they are unique.
            var parts = path.Split(',', StringSplitOptions.TrimEntries).Select(part => Text(ValuePath.Find(item, part))).ToList();
            id = parts.TrueForAll(part => part is { Length: > 0 }) ? string.Join(',', parts) : null;
        }

        // Ids of different webhooks of an instance must not meet; hashed ones begin with a character that the others cannot begin with.
        return id is { Length: > 0 } && id.Length + webhook.Id.Length < MaxIdLength && !id.Any(char.IsControl)
            ? $"{webhook.Id}:{id}"
            : $"#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{webhook.Id}:{id ?? item.GetRawText()}")))}";
    }

    // Of several headers each must be there: only together they are unique.
    private static string? SentId(HookRequest request, string headers)
    {
        var values = headers.Split(',', StringSplitOptions.TrimEntries).Select(request.Header).ToList();
        return values.TrueForAll(value => value is { Length: > 0 }) ? string.Join(',', values) : null;
    }

    private static string? Text(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        return document.RootElement.Clone();
    }

    private static JsonObject? Fields(string form)
    {
        var fields = new JsonObject();
        foreach (var pair in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = Unescape(equals < 0 ? pair : pair[..equals]);
            if (fields.Count == MaxFields || !fields.TryAdd(name, Unescape(equals < 0 ? "" : pair[(equals + 1)..])))
            {
                return null;
            }
        }

        return fields;
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
