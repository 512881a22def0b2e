using System.Globalization;
using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Sdk;

namespace Steward.Engines.Connectors.Slack;

/// <summary>
/// Files in Slack, which take three steps: an address is asked for (<c>files.getUploadURLExternal</c>), the bytes go there, and the file is finished and shown in a channel
/// (<c>files.completeUploadExternal</c>). Nobody sees anything of it before the last one.
/// </summary>
internal sealed class SlackConnector : TypedConnector
{
    // Between this machine's clock and Slack's. Files of one name, title and size that the same app uploads within this time cannot be told apart.
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public override string Name => "slack";

    public override async Task<JsonElement> ExecuteAsync(TypedCall call)
    {
        Require(call);
        var (fileName, content) = (Text(call, "fileName")!, ContentOf(call));
        var place = await NotYetSeenAsync(call, Form("/files.getUploadURLExternal", ("filename", fileName), ("length", content.Length.ToString(CultureInfo.InvariantCulture)), ("alt_txt", Text(call, "altText"))));
        if (TextAt(place.Json, "file_id") is not { Length: > 0 } file || !Uri.TryCreate(TextAt(place.Json, "upload_url"), UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw Failed(FailureCodes.BadResponse, "Slack did not say where the file goes.");
        }

        await NotYetSeenAsync(call, new OutgoingRequest { Method = HttpMethod.Post, Address = address, IsUnsigned = true, Body = content, ContentType = "application/octet-stream" });
        await call.SendAsync(new OutgoingRequest
        {
            Method = HttpMethod.Post,
            Path = "/files.completeUploadExternal",
            Body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?>(
                new KeyValuePair<string, object?>[]
                {
                    new("files", new[] { new { id = file, title = Text(call, "title") ?? fileName } }),
                    new("channel_id", Text(call, "channel")),
                    new("initial_comment", Text(call, "comment") is { } comment ? Escaped(comment) : null),
                    new("thread_ts", Text(call, "threadTs")),
                }.Where(member => member.Value is not null))),
            ContentType = "application/json; charset=utf-8",
        });
        return Result(file, fileName, content.Length);
    }

    /// <summary>Looks for a file of the app with this name, title and size in the channel, since it was sent.</summary>
    public override async Task<ReconcileOutcome> ReconcileAsync(TypedCall call, DateTimeOffset sentAt)
    {
        Require(call);
        var (fileName, size) = (Text(call, "fileName")!, ContentOf(call).Length);
        var own = TextAt((await call.SendAsync(new OutgoingRequest { Method = HttpMethod.Get, Path = "/auth.test" })).Json, "user_id");
        var listed = await call.SendAsync(new OutgoingRequest
        {
            Method = HttpMethod.Get,
            Path = "/files.list",
            Query = [("channel", Text(call, "channel")!), ("ts_from", (sentAt - Skew).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)), ("count", "200")],
        });
        if (!listed.Json.TryGetProperty("files", out var files) || files.ValueKind != JsonValueKind.Array)
        {
            return new ReconcileUnknown("Slack listed the channel's files in a form that is not understood.");
        }

        foreach (var file in files.EnumerateArray())
        {
            if (TextAt(file, "user") == own && TextAt(file, "name") == fileName && TextAt(file, "title") == (Text(call, "title") ?? fileName)
                && file.TryGetProperty("size", out var length) && length.TryGetInt64(out var bytes) && bytes == size && TextAt(file, "id") is { } id)
            {
                return new ReconciledDone(Result(id, fileName, size));
            }
        }

        return new ReconciledNotDone();
    }

    // An outcome that is not known matters only where there is something to see.
    private static async Task<VendorReply> NotYetSeenAsync(TypedCall call, OutgoingRequest request)
    {
        try
        {
            return await call.SendAsync(request);
        }
        catch (TypedConnectorException exception) when (exception.Outcome is ActionUnknown unknown)
        {
            throw new TypedConnectorException(new ActionFailed(FailureCodes.Unavailable, $"{unknown.Reason} The file was not shown to anybody.", IsRetryable: true) { VendorRequestId = unknown.VendorRequestId });
        }
    }

    private static OutgoingRequest Form(string path, params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var form = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            if (value is not null)
            {
                form.Append(form.Length == 0 ? "" : "&").Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }

        return new OutgoingRequest { Method = HttpMethod.Post, Path = path, Body = Encoding.ASCII.GetBytes(form.ToString()), ContentType = "application/x-www-form-urlencoded" };
    }

    private static void Require(TypedCall call)
    {
        if (call.OperationId != "files.upload")
        {
            throw Failed(FailureCodes.NotConfigured, $"The connector 'slack' does not know the operation '{call.OperationId}'.");
        }
    }

    private static byte[] ContentOf(TypedCall call)
    {
        try
        {
            var content = Convert.FromBase64String(Text(call, "content")!);
            return content.Length > 0 ? content : throw OutcomeException.Invalid("content", "must not be empty.");
        }
        catch (FormatException)
        {
            throw OutcomeException.Invalid("content", "must be base64 (RFC 4648, with padding).");
        }
    }

    // As with messages: what stands there must not mention or link anything by accident.
    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static JsonElement Result(string file, string name, long size) => JsonSerializer.SerializeToElement(new { id = file, name, size });

    private static string? Text(TypedCall call, string name) => TextAt(call.Arguments, name);

    private static string? TextAt(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static TypedConnectorException Failed(string code, string message) => new(new ActionFailed(code, message, IsRetryable: false));
}
