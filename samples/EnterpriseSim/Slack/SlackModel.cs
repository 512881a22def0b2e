using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>A member of the workspace; the app's bot is one too.</summary>
internal sealed record SlackUser(string Id, string Name, string RealName, string Email, string Title, string TimeZone, bool Deleted, bool IsBot, bool IsAdmin)
{
    public JsonObject Render(string teamId) => new()
    {
        ["id"] = Id,
        ["team_id"] = teamId,
        ["name"] = Name,
        ["deleted"] = Deleted,
        ["real_name"] = RealName,
        ["tz"] = TimeZone,
        ["profile"] = new JsonObject
        {
            ["title"] = Title, ["real_name"] = RealName, ["display_name"] = Name, ["email"] = IsBot ? null : Email, ["team"] = teamId,
        },
        ["is_admin"] = IsAdmin,
        ["is_owner"] = false,
        ["is_bot"] = IsBot,
        ["is_app_user"] = false,
        ["updated"] = 1_700_000_000,
    };
}

internal sealed class SlackMessage
{
    public required string Ts { get; init; }

    public required string User { get; init; }

    /// <summary>The bot that wrote it; null for a person.</summary>
    public string? BotId { get; init; }

    public required string Text { get; set; }

    public JsonNode? Blocks { get; set; }

    public JsonObject? Metadata { get; set; }

    public string? ThreadTs { get; init; }

    public string? EditedTs { get; set; }

    public JsonObject Render(string teamId, bool withMetadata, IReadOnlyCollection<SlackMessage> replies)
    {
        var json = new JsonObject { ["type"] = "message", ["user"] = User, ["ts"] = Ts };
        if (BotId is not null)
        {
            json["bot_id"] = BotId;
            json["app_id"] = "A0STEWARD01";
        }

        json["text"] = Text;
        json["team"] = teamId;
        if (Blocks is not null)
        {
            json["blocks"] = Blocks.DeepClone();
        }

        if (EditedTs is not null)
        {
            json["edited"] = new JsonObject { ["user"] = User, ["ts"] = EditedTs };
        }

        if ((ThreadTs ?? (replies.Count > 0 ? Ts : null)) is { } thread)
        {
            json["thread_ts"] = thread;
        }

        if (replies.Count > 0)
        {
            json["reply_count"] = replies.Count;
            json["reply_users_count"] = replies.Select(r => r.User).Distinct().Count();
            json["latest_reply"] = replies.Last().Ts;
        }

        if (withMetadata && Metadata is not null)
        {
            json["metadata"] = Metadata.DeepClone();
        }

        return json;
    }
}

internal sealed class SlackChannel
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Creator { get; init; }

    public required DateTimeOffset Created { get; init; }

    public string Topic { get; init; } = "";

    public string Purpose { get; init; } = "";

    public bool IsPrivate { get; init; }

    public bool IsDirect { get; init; }

    public bool IsGeneral { get; init; }

    public bool IsArchived { get; set; }

    /// <summary>User ids in the order of joining.</summary>
    public List<string> Members { get; } = [];

    /// <summary>Oldest first.</summary>
    public List<SlackMessage> Messages { get; } = [];

    public string Kind => IsDirect ? "im" : IsPrivate ? "group" : "channel";

    public IReadOnlyList<SlackMessage> RepliesTo(string ts) => Messages.FindAll(m => m.ThreadTs == ts);

    public JsonObject Render(string botId)
    {
        var json = new JsonObject { ["id"] = Id, ["created"] = Created.ToUnixTimeSeconds(), ["is_im"] = IsDirect, ["is_archived"] = IsArchived };
        if (IsDirect)
        {
            json["user"] = Members.Find(m => m != botId);
            return json;
        }

        json["name"] = Name;
        json["name_normalized"] = Name;
        json["is_channel"] = !IsPrivate;
        json["is_group"] = IsPrivate;
        json["is_mpim"] = false;
        json["is_private"] = IsPrivate;
        json["is_general"] = IsGeneral;
        json["is_shared"] = false;
        json["is_member"] = Members.Contains(botId);
        json["creator"] = Creator;
        json["topic"] = new JsonObject { ["value"] = Topic, ["creator"] = Creator, ["last_set"] = 0 };
        json["purpose"] = new JsonObject { ["value"] = Purpose, ["creator"] = Creator, ["last_set"] = 0 };
        json["num_members"] = Members.Count;
        return json;
    }
}

internal sealed class SlackUserGroup
{
    public required string Id { get; init; }

    public required string Handle { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public List<string> Users { get; set; } = [];

    public JsonObject Render(string teamId, bool withUsers)
    {
        var json = new JsonObject
        {
            ["id"] = Id, ["team_id"] = teamId, ["is_usergroup"] = true, ["name"] = Name, ["description"] = Description, ["handle"] = Handle,
            ["is_external"] = false, ["date_delete"] = 0, ["user_count"] = Users.Count,
        };
        if (withUsers)
        {
            json["users"] = new JsonArray([.. Users]);
        }

        return json;
    }
}

/// <summary>Members, channels and messages. Callers hold the system's lock.</summary>
internal sealed class SlackWorkspace
{
    private readonly SimWorld world;
    private (long Seconds, int Count) clock;

    public SlackWorkspace(SimWorld world)
    {
        this.world = world;
        TeamId = world.Ids.Slack('T', "acme");
        var company = world.Company;
        Bot = new SlackUser(world.Ids.Slack('U', "steward-bot"), "steward", "Steward", "", "", "Etc/UTC", false, true, false);
        Users.AddRange(company.People.Select(p => new SlackUser(
            world.Ids.Slack('U', p.Login), p.Login, p.Name, p.Email, p.Title, company.OfficeOf(p).TimeZone, p.Status == "DEPROVISIONED", false, p.Admin)));
        Users.Add(Bot);
        var active = company.People.Where(p => p.Status != "DEPROVISIONED").ToList();
        Add("general", "Company-wide announcements", active, general: true);
        Add("help-it", "Ask the help desk", active);
        Add("sales-berlin", "The sales team in Berlin", active.Where(p => p is { Department: "Sales", City: "Berlin" }));
        Add("engineering", "Everybody who builds", active.Where(p => p.Department == "Engineering"));
        Add("approvals", "What waits for a decision", active.Where(p => p.Department is "IT" or "Finance"));
        Add("executives", "Only for the board", active.Where(p => p.Department == "Executive"), isPrivate: true, withBot: false);
        foreach (var (handle, name, department) in new[] { ("it-helpdesk", "IT Help Desk", "IT"), ("sales", "Sales", "Sales"), ("finance", "Finance", "Finance") })
        {
            Groups.Add(new SlackUserGroup
            {
                Id = world.Ids.Slack('S', handle), Handle = handle, Name = name, Description = $"Everybody in {department}",
                Users = [.. active.Where(p => p.Department == department).Select(IdOf)],
            });
        }

        var help = Channels.First(c => c.Name == "help-it");
        help.Messages.Add(new SlackMessage { Ts = NextTs(world.Started.AddHours(-3)), User = User("ada.lovelace").Id, Text = "My VPN drops every hour, is that known?" });
        help.Messages.Add(new SlackMessage { Ts = NextTs(world.Started.AddHours(-2)), User = User("lukas.braun").Id, Text = "I am locked out since this morning." });
    }

    public string TeamId { get; }

    public SlackUser Bot { get; }

    /// <summary>The bot's other name, in messages.</summary>
    public string BotId => "B" + Bot.Id[1..];

    public List<SlackUser> Users { get; } = [];

    public List<SlackChannel> Channels { get; } = [];

    public List<SlackUserGroup> Groups { get; } = [];

    /// <summary>Oldest first.</summary>
    public List<SlackFile> Files { get; } = [];

    public SlackUser User(string loginOrId) => Users.Find(u => u.Id == loginOrId || u.Name.Equals(loginOrId, StringComparison.OrdinalIgnoreCase))
        ?? throw new InvalidOperationException($"Nobody is called {loginOrId}.");

    /// <summary>The id of a message: the time in seconds and a number that makes it unique in the workspace.</summary>
    public string NextTs(DateTimeOffset now)
    {
        var seconds = Math.Max(now.ToUnixTimeSeconds(), clock.Seconds);
        clock = seconds == clock.Seconds ? (seconds, clock.Count + 1) : (seconds, 1);
        return $"{seconds.Plain()}.{(clock.Count * 100).ToString("D6", CultureInfo.InvariantCulture)}";
    }

    /// <summary>The direct messages between somebody and a person; made if there are none.</summary>
    public SlackChannel DirectWith(string userId, string otherId, DateTimeOffset now)
    {
        var found = Channels.Find(c => c.IsDirect && c.Members.Contains(userId) && c.Members.Contains(otherId));
        if (found is null)
        {
            found = new SlackChannel { Id = world.Ids.Slack('D', $"{userId}/{otherId}"), Name = "", Creator = otherId, Created = now, IsDirect = true };
            found.Members.AddRange([otherId, userId]);
            Channels.Add(found);
        }

        return found;
    }

    private string IdOf(Person person) => world.Ids.Slack('U', person.Login);

    private void Add(string name, string purpose, IEnumerable<Person> members, bool general = false, bool isPrivate = false, bool withBot = true)
    {
        var channel = new SlackChannel
        {
            Id = world.Ids.Slack('C', name), Name = name, Purpose = purpose, Topic = purpose, Creator = world.Ids.Slack('U', "viktor.petrov"),
            Created = world.Started.AddDays(-900), IsGeneral = general, IsPrivate = isPrivate,
        };
        channel.Members.AddRange(members.Select(IdOf));
        if (withBot)
        {
            channel.Members.Add(Bot.Id);
        }

        Channels.Add(channel);
    }
}
