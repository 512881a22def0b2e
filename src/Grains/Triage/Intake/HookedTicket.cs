using System.Text.Json;
using System.Text.RegularExpressions;

namespace Steward.Triage;

/// <summary>Which ticket an event is about, and whether it is said to be new. Nothing else of the event is believed.</summary>
/// <param name="System">The kind of system that writes such events.</param>
/// <param name="Record">ServiceNow's sys_id, or Jira's key.</param>
/// <param name="IsNew">Whether it was just opened.</param>
internal sealed partial record HookedTicket(TicketSystemKind System, string Record, bool IsNew)
{
    private const string Incident = "incident";

    /// <summary>The ticket; null when the event is about something else.</summary>
    /// <param name="payload">The event, whatever somebody outside wrote.</param>
    public static HookedTicket? Of(string payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            if (Text(root, "table") is { } table)
            {
                return table == Incident && Text(root, "sys_id") is { } id && SysId().IsMatch(id) && Text(root, "type") is { } type
                    ? type switch
                    {
                        Incident + ".inserted" => new(TicketSystemKind.ServiceNow, id, IsNew: true),
                        Incident + ".updated" => new(TicketSystemKind.ServiceNow, id, IsNew: false),
                        _ => null,
                    }
                    : null;
            }

            return Text(Member(root, "issue"), "key") is { } key && Key().IsMatch(key) && Text(root, "webhookEvent") is { } happened
                ? happened switch
                {
                    "jira:issue_created" => new(TicketSystemKind.Jira, key, IsNew: true),
                    "jira:issue_updated" => new(TicketSystemKind.Jira, key, IsNew: false),
                    _ => null,
                }
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // Half of a character: it reads as JSON, and is no text.
            return null;
        }
    }

    /// <summary>Whether a text is a record's id as one of the systems writes them.</summary>
    public static bool IsRecord(ReadOnlySpan<char> text) => SysId().IsMatch(text) || Key().IsMatch(text);

    private static JsonElement Member(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement json, string name) => Member(json, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    [GeneratedRegex(@"\A[0-9a-f]{32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SysId();

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,19}-[0-9]{1,12}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}

/// <summary>The systems whose tickets are triaged.</summary>
internal enum TicketSystemKind
{
    ServiceNow,
    Jira,
}
