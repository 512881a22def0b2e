using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>What mailboxes say of their owners: whether they are out of office.</summary>
internal sealed partial class GraphSystem
{
    public bool PutAway(string email, (DateTimeOffset From, DateTimeOffset? Until)? away)
    {
        if (Directory.Find(email) is not { } user)
        {
            return false;
        }

        user.Away = away;
        return true;
    }

    private Reply GetMailboxSettings(Call call) => Reply.Ok(new JsonObject
    {
        ["@odata.context"] = Context(call, $"users('{UserOf(call).Id}')/mailboxSettings"),
        ["automaticRepliesSetting"] = AutomaticReplies(UserOf(call)),
        ["timeZone"] = "UTC",
    });

    private Reply GetAutomaticReplies(Call call)
    {
        var reply = AutomaticReplies(UserOf(call));
        reply.Insert(0, "@odata.context", Context(call, $"users('{UserOf(call).Id}')/mailboxSettings/automaticRepliesSetting"));
        return Reply.Ok(reply);
    }

    private static JsonObject AutomaticReplies(GraphUser user) => new()
    {
        ["status"] = user.Away switch { null => "disabled", { Until: null } => "alwaysEnabled", _ => "scheduled" },
        ["externalAudience"] = "none",
        ["internalReplyMessage"] = "",
        ["externalReplyMessage"] = "",
        ["scheduledStartDateTime"] = Time(user.Away?.From ?? DateTimeOffset.UnixEpoch),
        ["scheduledEndDateTime"] = Time(user.Away?.Until ?? DateTimeOffset.UnixEpoch.AddDays(1)),
    };

    // As Graph writes it: seven decimals and no offset, the zone beside it.
    private static JsonObject Time(DateTimeOffset time) =>
        new() { ["dateTime"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'.0000000'", CultureInfo.InvariantCulture), ["timeZone"] = "UTC" };
}
