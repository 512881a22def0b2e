using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>Makes a connector's result fit for the journal, the watchers and models: secrets masked, long lists and texts cut.</summary>
internal static class ResultShaper
{
    private const string Mask = "***";
    private const int MaxDepth = 64;
    private const int MaxCounts = 20;
    private const int CountsLength = 128;

    private static readonly string[] SecretNames =
    [
        "password", "passwd", "secret", "token", "apikey", "authorization", "credential", "privatekey", "resetpasswordurl", "activationurl", "recoveryquestion", "cookie", "otp",
    ];

    // In the names of fields, and so anywhere in the text; a letter may be written as an escape.
    private static readonly SearchValues<string> Signs = SearchValues.Create([.. SecretNames, "api_key", "private_key", "\\u00"], StringComparison.OrdinalIgnoreCase);

    public static (JsonElement Result, bool Truncated) Shape(JsonElement result, int maxLength)
    {
        var text = result.ValueKind == JsonValueKind.Undefined ? "{}" : result.GetRawText();
        var needsMask = MayHoldSecret(text);
        if (!needsMask && text.Length <= maxLength)
        {
            return (result.ValueKind == JsonValueKind.Undefined ? Values.Element(new JsonObject()) : result, false);
        }

        var node = JsonNode.Parse(text);
        if (needsMask)
        {
            MaskSecrets(node, 0);
        }

        var truncated = false;
        while (node!.ToJsonString().Length > maxLength && Cut(node))
        {
            truncated = true;
        }

        return node.ToJsonString().Length <= maxLength
            ? (Values.Element(node), truncated)
            : (Values.Element(new JsonObject { ["truncated"] = true }), true);
    }

    /// <summary>
    /// The beginning of a result that is stored whole elsewhere, with what is needed to ask for less: <c>_whole</c> names the length in characters, the number of fields, and how
    /// many items the lists have.
    /// </summary>
    public static JsonElement Summarize(JsonElement whole, int length, int maxLength)
    {
        var counts = new JsonObject { ["length"] = length };
        if (whole.ValueKind == JsonValueKind.Object)
        {
            var fields = whole.EnumerateObject().ToList();
            counts["fields"] = fields.Count;
            var lists = fields.Where(field => field.Value.ValueKind == JsonValueKind.Array && field.Name.Length <= 32).Take(MaxCounts).ToList();
            if (lists.Count > 0)
            {
                counts["items"] = new JsonObject(lists.DistinctBy(field => field.Name).Select(field => KeyValuePair.Create(field.Name, (JsonNode?)JsonValue.Create(field.Value.GetArrayLength()))));
            }
        }
        else if (whole.ValueKind == JsonValueKind.Array)
        {
            counts["items"] = whole.GetArrayLength();
        }

        var room = Math.Max(maxLength - CountsLength - counts.ToJsonString().Length, CountsLength);
        var beginning = Values.Node(Shape(whole, room).Result);
        var summary = beginning is JsonObject cut ? cut : new JsonObject { ["beginning"] = beginning };
        summary["_whole"] = counts;
        return Values.Element(summary);
    }

    private static bool MayHoldSecret(string text) => text.AsSpan().ContainsAny(Signs) || SecretText.MayHold(text);

    public static bool IsSecret(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return Array.Exists(SecretNames, secret => plain.Contains(secret, StringComparison.OrdinalIgnoreCase));
    }

    private static void MaskSecrets(JsonNode? node, int depth)
    {
        if (node is JsonObject fields)
        {
            foreach (var (name, value) in fields.ToList())
            {
                // A time such as passwordChanged is no secret; a text is masked even so.
                if (IsSecret(name) && value?.GetValueKind() == JsonValueKind.String && !name.EndsWith("Changed", StringComparison.Ordinal) && !name.EndsWith("At", StringComparison.Ordinal))
                {
                    fields[name] = Mask;
                }
                else if (Hidden(value) is { } hidden)
                {
                    fields[name] = hidden;
                }
                else if (depth < MaxDepth)
                {
                    MaskSecrets(value, depth + 1);
                }
            }
        }
        else if (node is JsonArray items && depth < MaxDepth)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (Hidden(items[i]) is { } hidden)
                {
                    items[i] = hidden;
                }
                else
                {
                    MaskSecrets(items[i], depth + 1);
                }
            }
        }
    }

    private static string? Hidden(JsonNode? value)
    {
        if (value?.GetValueKind() != JsonValueKind.String)
        {
            return null;
        }

        var text = value.GetValue<string>();
        var hidden = SecretText.Hide(text);
        return ReferenceEquals(hidden, text) || hidden == text ? null : hidden;
    }

    // Halves the longest list; when there is none left, the longest text.
    private static bool Cut(JsonNode root)
    {
        JsonArray? longest = null;
        (JsonNode Parent, string? Name, int Index, string Text)? text = null;
        Visit(root, 0);
        if (longest is { Count: > 1 })
        {
            for (var keep = longest.Count / 2; longest.Count > keep;)
            {
                longest.RemoveAt(longest.Count - 1);
            }

            return true;
        }

        if (text is not { Text.Length: > 64 } found)
        {
            return false;
        }

        var cut = JsonValue.Create(found.Text[..(found.Text.Length / 2)] + "…");
        if (found.Name is not null)
        {
            ((JsonObject)found.Parent)[found.Name] = cut;
        }
        else
        {
            ((JsonArray)found.Parent)[found.Index] = cut;
        }

        return true;

        void Visit(JsonNode? node, int depth)
        {
            if (depth > MaxDepth)
            {
                return;
            }

            if (node is JsonArray items)
            {
                if (items.Count > (longest?.Count ?? 0))
                {
                    longest = items;
                }

                for (var i = 0; i < items.Count; i++)
                {
                    Consider(items, null, i, items[i], depth);
                }
            }
            else if (node is JsonObject fields)
            {
                foreach (var (name, value) in fields)
                {
                    Consider(fields, name, 0, value, depth);
                }
            }
        }

        void Consider(JsonNode parent, string? name, int index, JsonNode? value, int depth)
        {
            if (value?.GetValueKind() == JsonValueKind.String)
            {
                var own = value.GetValue<string>();
                if (own.Length > (text?.Text.Length ?? 0))
                {
                    text = (parent, name, index, own);
                }
            }
            else
            {
                Visit(value, depth + 1);
            }
        }
    }
}
