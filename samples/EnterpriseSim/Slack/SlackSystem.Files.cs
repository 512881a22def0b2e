using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>Files: an address is given out, takes the bytes once and without a token, and the file is there for people when it is completed.</summary>
internal sealed partial class SlackSystem
{
    private const int LongestFileName = 255;

    private Reply GetUploadUrl(Call call)
    {
        var name = Need(call, "filename");
        if (!int.TryParse(Need(call, "length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length == 0 || name.Length > LongestFileName)
        {
            throw Fail("invalid_arguments");
        }

        var id = World.Ids.Slack('F', World.Ids.Fresh("slack-file"));
        var file = new SlackFile { Id = id, Ticket = World.Ids.ServiceNow($"slack-upload/{id}"), User = ActorOf(call).Id, Name = name, Length = length, Created = call.Now };
        Workspace.Files.Add(file);
        return Ok(("upload_url", $"{call.BaseUrl}/upload/v1/{file.Ticket}"), ("file_id", file.Id));
    }

    private Reply Upload(Call call)
    {
        // The address is the only proof: a token has no business here.
        var file = Workspace.Files.Find(file => file.Ticket == call.Route("ticket") && file.Content is null);
        if (file is null || call.Authorization is not null)
        {
            return new Reply(404);
        }

        if (call.Bytes.Length != file.Length)
        {
            return new Reply(400);
        }

        file.Content = call.Bytes;
        return new Reply(200);
    }

    private Reply CompleteUpload(Call call)
    {
        var actor = ActorOf(call);
        var named = (Structure(call, "files") as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        var files = named.ConvertAll(json => (File: Workspace.Files.Find(file => file.Id == json.Text("id") && file.User == actor.Id && file.Content is not null) ?? throw Fail("file_not_found"), Title: json.Text("title")));
        if (files.Count == 0)
        {
            throw Fail("invalid_arguments");
        }

        if (Arg(call, "channel_id") is { Length: > 0 } target)
        {
            var channel = Workspace.Channels.Find(channel => channel.Id == target && (!channel.IsPrivate || channel.Members.Contains(actor.Id))) ?? throw Fail("channel_not_found");
            if (!channel.Members.Contains(actor.Id))
            {
                throw Fail("not_in_channel");
            }

            var message = new SlackMessage
            {
                Ts = Workspace.NextTs(call.Now), User = actor.Id, BotId = actor.IsBot ? Workspace.BotId : null, Text = Arg(call, "initial_comment") ?? "", ThreadTs = Arg(call, "thread_ts"),
            };
            channel.Messages.Add(message);
            Tell(channel, message, call.Now);
            files.ForEach(pair => pair.File.Channels.Add(channel.Id));
        }

        foreach (var (file, title) in files)
        {
            (file.Title, file.IsComplete) = (title ?? file.Name, true);
        }

        call.Committed();
        return Ok(("files", new JsonArray([.. files.Select(pair => new JsonObject { ["id"] = pair.File.Id, ["title"] = pair.File.Title })])));
    }

    private Reply ListFiles(Call call)
    {
        var (channel, user) = (Arg(call, "channel"), Arg(call, "user"));
        var (from, to) = (TimeOf(call, "ts_from", 0), TimeOf(call, "ts_to", decimal.MaxValue));
        var found = Enumerable.Reverse(Workspace.Files).Where(file => file.IsComplete && (channel is null || file.Channels.Contains(channel)) && (user is null || file.User == user)
            && file.Created.ToUnixTimeSeconds() is var at && at >= from && at <= to).ToList();
        var count = Number(call, "count", 100);
        var page = Number(call, "page", 1);
        return Ok(
            ("files", new JsonArray([.. found.Skip((page - 1) * count).Take(count).Select(file => file.Render())])),
            ("paging", new JsonObject { ["count"] = count, ["total"] = found.Count, ["page"] = page, ["pages"] = (found.Count + count - 1) / count }));
    }

    private Reply GetFile(Call call) => Ok(("file", FileOf(call).Render()));

    private Reply DeleteFile(Call call)
    {
        var file = FileOf(call);
        if (file.User != ActorOf(call).Id)
        {
            throw Fail("cant_delete_file");
        }

        Workspace.Files.Remove(file);
        call.Committed();
        return Ok();
    }

    private SlackFile FileOf(Call call)
    {
        var id = Need(call, "file");
        return Workspace.Files.Find(file => file.Id == id && file.IsComplete) ?? throw Fail("file_not_found");
    }

    private static int Number(Call call, string name, int fallback) => Arg(call, name) is not { Length: > 0 } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 1000 ? number : throw Fail("invalid_arguments");
}
