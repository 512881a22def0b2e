using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>Teams, their members and channels, and online meetings.</summary>
internal sealed partial class GraphSystem
{
    private Reply ListTeams(Call call) =>
        Many(call, Directory.Teams.Select(t => new JsonObject { ["id"] = t.Id, ["displayName"] = t.Name, ["description"] = t.Description, ["visibility"] = "private" }), "teams", 100, 999);

    private Reply ListChannels(Call call)
    {
        var team = TeamOf(call);
        return Many(call, team.Channels.Select(c => c.Render(team.Id)), "teams/channels", 100, 999);
    }

    private Reply CreateChannel(Call call)
    {
        var team = TeamOf(call);
        var name = call.Json.Text("displayName") ?? "";
        if (name.Length is 0 or > 50)
        {
            throw Fail(400, "BadRequest", "Invalid channel displayName: it must have 1 to 50 characters.");
        }

        if (team.Channels.Exists(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            throw Fail(400, "BadRequest", "Channel name already existed, please use other name.");
        }

        var channel = new GraphChannel { Id = $"19:{World.Ids.ServiceNow(World.Ids.Fresh("channel"))}@thread.tacv2", Name = name, Description = call.Json.Text("description") };
        team.Channels.Add(channel);
        call.Committed();
        return One(call, channel.Render(team.Id), "teams/channels", 201);
    }

    private Reply ListTeamMembers(Call call)
    {
        var team = TeamOf(call);
        return Many(call, team.Members.Select(id => Membership(team, id)), "teams/members", 100, 999);
    }

    private Reply AddTeamMember(Call call)
    {
        var team = TeamOf(call);
        var user = Bound(call.Json);
        if (!team.Members.Contains(user.Id))
        {
            team.Members.Add(user.Id);
            call.Committed();
        }

        return One(call, Membership(team, user.Id), "teams/members", 201);
    }

    private Reply RemoveTeamMember(Call call)
    {
        var team = TeamOf(call);
        if (team.Members.RemoveAll(id => MembershipId(team, id) == call.Route("membershipId")) == 0)
        {
            throw Fail(404, "NotFound", "No membership was found for the given id.");
        }

        call.Committed();
        return Reply.NoContent();
    }

    private Reply CreateOrGetMeeting(Call call)
    {
        var me = Me(call);
        if (call.Json.Text("externalId") is not { Length: > 0 } externalId)
        {
            throw Fail(400, "BadRequest", "The externalId must not be empty.");
        }

        if (Directory.Meetings.Find(m => m.OrganizerId == me.Id && m.ExternalId == externalId) is { } found)
        {
            return One(call, found.Properties, "users/onlineMeetings");
        }

        if (!DateTimeOffset.TryParse(call.Json.Text("startDateTime"), CultureInfo.InvariantCulture, out var start)
            || !DateTimeOffset.TryParse(call.Json.Text("endDateTime"), CultureInfo.InvariantCulture, out var end) || end <= start)
        {
            throw Fail(400, "BadRequest", "The startDateTime must be before the endDateTime.");
        }

        var id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"1*{me.Id}*0**19:meeting_{World.Ids.Text(World.Ids.Fresh("meeting"), 32)}@thread.v2"));
        var meeting = new GraphMeeting
        {
            Id = id, OrganizerId = me.Id, ExternalId = externalId,
            Properties = new JsonObject
            {
                ["id"] = id, ["externalId"] = externalId, ["subject"] = call.Json.Text("subject"), ["startDateTime"] = start.UtcDateTime.ToString("o", CultureInfo.InvariantCulture),
                ["endDateTime"] = end.UtcDateTime.ToString("o", CultureInfo.InvariantCulture), ["creationDateTime"] = call.Now.Iso(),
                ["joinWebUrl"] = $"https://teams.microsoft.com/l/meetup-join/{Uri.EscapeDataString(id)}/0",
            },
        };
        Directory.Meetings.Add(meeting);
        call.Committed();
        return One(call, meeting.Properties, "users/onlineMeetings", 201);
    }

    private Reply DeleteMeeting(Call call)
    {
        var me = Me(call);
        if (Directory.Meetings.RemoveAll(m => m.OrganizerId == me.Id && m.Id == call.Route("meetingId")) == 0)
        {
            throw Fail(404, "NotFound", "Meeting not found.");
        }

        call.Committed();
        return Reply.NoContent();
    }

    /// <summary>The team, if whoever calls may see it: an app may see all, a person those that the person is in.</summary>
    private GraphTeam TeamOf(Call call)
    {
        var team = Directory.Teams.Find(t => t.Id == call.Route("teamId")) ?? throw Fail(404, "NotFound", "No team found with Group Id " + call.Route("teamId"));
        return call.Caller == App || team.Members.Contains(Me(call).Id) ? team : throw Fail(403, "Forbidden", "Caller is not a member of the team.");
    }

    private GraphChannel ChannelOf(Call call) => TeamOf(call).Channels.Find(c => c.Id == call.Route("channelId")) ?? throw Fail(404, "NotFound", "Channel not found.");

    private static string MembershipId(GraphTeam team, string userId) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"MCMj{team.Id}##{userId}"));

    private JsonObject Membership(GraphTeam team, string userId)
    {
        var user = Directory.Find(userId)!;
        return new JsonObject
        {
            ["@odata.type"] = "#microsoft.graph.aadUserConversationMember",
            ["id"] = MembershipId(team, userId),
            ["roles"] = new JsonArray(userId == team.OwnerId ? ["owner"] : []),
            ["displayName"] = user.DisplayName,
            ["visibleHistoryStartDateTime"] = "0001-01-01T00:00:00Z",
            ["userId"] = userId,
            ["email"] = user.Properties.Text("mail"),
            ["tenantId"] = World.Options.Credentials.GraphDirectoryId,
        };
    }
}
