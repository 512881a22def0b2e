using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>People, user groups and channels.</summary>
internal sealed partial class SlackSystem
{
    private Reply LookupByEmail(Call call)
    {
        var email = Need(call, "email");
        var user = Workspace.Users.Find(u => !u.IsBot && !u.Deleted && u.Email.Equals(email, StringComparison.OrdinalIgnoreCase)) ?? throw Fail("users_not_found");
        return Ok(("user", user.Render(Workspace.TeamId)));
    }

    private Reply GetUser(Call call)
    {
        var id = Need(call, "user");
        var user = Workspace.Users.Find(u => u.Id == id) ?? throw Fail("user_not_found");
        return Ok(("user", user.Render(Workspace.TeamId)));
    }

    private Reply ListUsers(Call call)
    {
        var (page, cursor) = Page(call, Workspace.Users, int.MaxValue, 1_000);
        return Ok(
            ("members", new JsonArray([.. page.Select(u => u.Render(Workspace.TeamId))])),
            ("cache_ts", call.Now.ToUnixTimeSeconds()),
            ("response_metadata", Metadata(cursor)));
    }

    private Reply ListUserGroups(Call call) =>
        Ok(("usergroups", new JsonArray([.. Workspace.Groups.Select(g => g.Render(Workspace.TeamId, Flag(call, "include_users")))])));

    private Reply UpdateUserGroup(Call call)
    {
        var id = Need(call, "usergroup");
        var group = Workspace.Groups.Find(g => g.Id == id) ?? throw Fail("no_such_subteam");
        group.Users = UsersOf(call, "invalid_users");
        call.Committed();
        return Ok(("usergroup", group.Render(Workspace.TeamId, withUsers: true)));
    }

    private Reply ListChannels(Call call)
    {
        var actor = ActorOf(call).Id;
        var types = (Arg(call, "types") ?? "public_channel").Split(',', StringSplitOptions.TrimEntries);
        if (types.Any(t => t is not ("public_channel" or "private_channel" or "im" or "mpim")))
        {
            throw Fail("invalid_types");
        }

        var found = Workspace.Channels.FindAll(c => types.Contains(c.IsDirect ? "im" : c.IsPrivate ? "private_channel" : "public_channel")
            && !(c.IsArchived && Flag(call, "exclude_archived")) && ((!c.IsPrivate && !c.IsDirect) || c.Members.Contains(actor)));
        var (page, cursor) = Page(call, found, 100, 1_000);
        return Ok(("channels", new JsonArray([.. page.Select(c => c.Render(actor))])), ("response_metadata", Metadata(cursor)));
    }

    private Reply GetChannel(Call call)
    {
        var channel = ChannelOf(call).Render(ActorOf(call).Id);
        if (!Flag(call, "include_num_members"))
        {
            channel.Remove("num_members");
        }

        return Ok(("channel", channel));
    }

    private Reply ListMembers(Call call)
    {
        var (page, cursor) = Page(call, ChannelOf(call).Members, 100, 1_000);
        return Ok(("members", new JsonArray([.. page])), ("response_metadata", Metadata(cursor)));
    }

    private Reply CreateChannel(Call call)
    {
        var name = Arg(call, "name") is { Length: > 0 } given ? given : throw Fail("invalid_name_required");
        if (name.Length > 80)
        {
            throw Fail("invalid_name_maxlength");
        }

        if (!ChannelName().IsMatch(name))
        {
            throw Fail("invalid_name_specials");
        }

        if (Workspace.Channels.Exists(c => c.Name == name))
        {
            throw Fail("name_taken");
        }

        var actor = ActorOf(call).Id;
        var channel = new SlackChannel
        {
            Id = World.Ids.Slack('C', World.Ids.Fresh("channel")), Name = name, Creator = actor, Created = call.Now, IsPrivate = Flag(call, "is_private"),
        };
        channel.Members.Add(actor);
        Workspace.Channels.Add(channel);
        call.Committed();
        return Ok(("channel", channel.Render(actor)));
    }

    private Reply ArchiveChannel(Call call)
    {
        var channel = ChannelOf(call);
        if (channel.IsGeneral)
        {
            throw Fail("cant_archive_general");
        }

        if (channel.IsArchived)
        {
            throw Fail("already_archived");
        }

        channel.IsArchived = true;
        call.Committed();
        return Ok();
    }

    private Reply Invite(Call call)
    {
        var channel = ChannelOf(call);
        var actor = ActorOf(call).Id;
        if (channel.IsArchived)
        {
            throw Fail("is_archived");
        }

        if (!channel.Members.Contains(actor))
        {
            throw Fail("not_in_channel");
        }

        var users = UsersOf(call, "user_not_found");
        if (users.Contains(actor))
        {
            throw Fail("cant_invite_self");
        }

        // Without the argument force nobody is invited when one person cannot be.
        if (users.Find(channel.Members.Contains) is { } present)
        {
            var refusal = Error("already_in_channel");
            refusal.Body!["errors"] = new JsonArray(new JsonObject { ["user"] = present, ["ok"] = false, ["error"] = "already_in_channel" });
            return refusal;
        }

        channel.Members.AddRange(users);
        call.Committed();
        return Ok(("channel", channel.Render(actor)));
    }

    private Reply OpenDirect(Call call)
    {
        var other = UsersOf(call, "user_not_found") is [var only] ? only : throw Fail("not_enough_users");
        var channel = Workspace.DirectWith(other, ActorOf(call).Id, call.Now);
        call.Committed();
        return Ok(("channel", new JsonObject { ["id"] = channel.Id }));
    }

    private List<string> UsersOf(Call call, string error)
    {
        var users = Need(call, "users").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().ToList();
        return users.TrueForAll(id => Workspace.Users.Exists(u => u.Id == id && !u.Deleted)) && users.Count > 0 ? users : throw Fail(error);
    }

    [GeneratedRegex(@"\A[\p{Ll}\p{Lo}0-9_-]+\z")]
    private static partial Regex ChannelName();
}
