using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Streaming;
using Steward.Triage;

namespace Steward.Gateway.Api;

/// <summary>Files of old tickets, from which triage learns.</summary>
internal static class TriageImportEndpoints
{
    private const string MediaType = "text/csv";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/triage/imports", (Delegate)ImportAsync)
            .WithName("importTickets")
            .WithTags("Triage")
            .WithSummary("Import old tickets")
            .WithDescription(
                "The body is comma-separated text in UTF-8, up to 1 GiB, whose first line names the columns: label or group, and text or short_description and description; id, category, subcategory, priority, department, "
                + "location, configuration_item and opened_at are read where they are there. It is durable when this answers, and read in the background; a row that cannot be used is named and passed over, and a row counts once, "
                + "by its id or else its content. With the same Idempotency-Key the same file goes on where it broke off. One import of a tenant is at work at a time. Admins only.")
            .Accepts<string>(MediaType)
            .Produces<TriageImport>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/triage/imports", (Delegate)ListAsync)
            .WithName("listTriageImports")
            .WithTags("Triage")
            .WithSummary("List imports")
            .WithDescription("The last 20, newest first. Admins only.")
            .Produces<TriageImportListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/triage/imports/{importId}", (Delegate)GetAsync)
            .WithName("getTriageImport")
            .WithTags("Triage")
            .WithSummary("Read how far an import is")
            .WithDescription("With the first 100 rows that could not be used, by line and reason. Admins only.")
            .Produces<TriageImport>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapGet("/triage/imports/{importId}/stream", (Delegate)WatchAsync)
            .WithName("watchTriageImport")
            .WithTags("Triage")
            .WithSummary("Watch an import")
            .WithDescription("Server-sent events named import, each with the JSON of a TriageImport as data, whenever it is further on, until it is over. After a break open the stream again. Admins only.")
            .Produces<TriageImport>(StatusCodes.Status200OK, EventStream.ContentType)
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapDelete("/triage/imports/{importId}", (Delegate)CancelAsync)
            .WithName("cancelTriageImport")
            .WithTags("Triage")
            .WithSummary("Cancel an import")
            .WithDescription("Rows that were read stay. Idempotent. Admins only.")
            .Produces<TriageImport>()
            .WithProblems(400, 401, 403, 404, 429, 503);
    }

    private static async Task ImportAsync(HttpContext context, [FromHeader(Name = OperationIds.Header)] string? idempotencyKey, IOptions<StewardGatewayOptions> options)
    {
        var request = context.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new StewardException(WireCodes.UnsupportedMediaType, "The body must be comma-separated text in UTF-8: send Content-Type: text/csv.") { Field = "Content-Type" };
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new StewardException(WireCodes.UnsupportedMediaType, "The body must be sent as it is, without a Content-Encoding.") { Field = "Content-Encoding" };
        }

        if (request.ContentLength > options.Value.MaxImportBytes)
        {
            throw new StewardException(WireCodes.TooLarge, $"The body has more than {options.Value.MaxImportBytes} bytes.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // A body without a length is counted as it comes, where its parts are kept.
            limit.MaxRequestBodySize = null;
        }

        var import = await Caller.Of(context).Client.Triage.ImportAsync(() => request.Body, OperationIds.Of(null, idempotencyKey), context.RequestAborted);
        context.Response.Headers.Location = $"/v1/triage/imports/{import.Id}";
        await WriteAsync(context, StatusCodes.Status202Accepted, import);
    }

    private static async Task ListAsync(HttpContext context)
    {
        var resource = new TriageImportListResource { Imports = await Caller.Of(context).Client.Triage.ListImportsAsync(context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, TriageWireJson.Default.TriageImportListResource);
    }

    private static async Task GetAsync(HttpContext context, string importId) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetImportAsync(importId, context.RequestAborted));

    private static async Task WatchAsync(HttpContext context, string importId, EventStream stream, UserAdmission admission)
    {
        var caller = Caller.Of(context);
        using var slot = admission.AdmitStream(caller.Identity);
        await stream.WriteAsync(context, cancellationToken => caller.Client.Triage.WatchImportAsync(importId, cancellationToken), WriteItem, beginsWithFirst: true);
    }

    private static async Task CancelAsync(HttpContext context, string importId) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.CancelImportAsync(importId, context.RequestAborted));

    private static void WriteItem(PipeWriter writer, Utf8JsonWriter json, TriageImport import)
    {
        EventStream.BeginEvent(writer, import.BytesRead, "import");
        json.Reset(writer);
        // Written without line breaks, which would end the event's data.
        JsonSerializer.Serialize(json, import, TriageWireJson.Default.TriageImport);
        json.Flush();
        writer.Write("\n\n"u8);
    }

    private static Task WriteAsync(HttpContext context, int status, TriageImport import) => JsonAnswer.WriteAsync(context, status, import, TriageWireJson.Default.TriageImport);
}
