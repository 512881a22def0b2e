using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Approvals;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Problems;

namespace Steward.Gateway.Api;

/// <summary>What people are asked to approve.</summary>
internal static class ApprovalEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    // Arguments, preview and attributes may have 64 Ki characters each, which escapes can make four times as many bytes.
    private const int MaxSubmitBytes = 1024 * 1024;

    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/approvals", (Delegate)SubmitAsync)
            .WithName("submitApproval")
            .WithTags("Approvals")
            .WithSummary("Ask for a decision")
            .WithDescription(
                "Asks, in the caller's name, for the approval of one action with exactly these arguments. The tenant's rules find who has to approve. Idempotent by operation id: 409 when the id stands for "
                + "other arguments. An approved request is used up once with consume.")
            .Accepts<SubmitApprovalRequest>("application/json")
            .Produces<ApprovalResource>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 409, 413, 415, 429, 503);
        v1.MapGet("/approvals", (Delegate)ListAsync)
            .WithName("listApprovals")
            .WithTags("Approvals")
            .WithSummary("List approvals")
            .WithDescription(
                "A page of the approvals that wait for the caller by name (mine), for a group or role of theirs (groups) or for somebody whom they may act for (delegated), that they asked for (requested), "
                + "voted on (decided), or, for admins, all. Open ones come most urgent first, others newest first. The list may lag behind a change for a moment. Follow nextCursor for the next page.")
            .Produces<ApprovalListResource>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/approvals/{approvalId}", (Delegate)GetAsync)
            .WithName("getApproval")
            .WithTags("Approvals")
            .WithSummary("Read an approval")
            .WithDescription(
                "Who asks and why, the exact arguments, what it would do, its risk, the rule that matched and why, levels and votes, comments, similar past decisions and what is to be expected. "
                + "The requester, those who are or were asked, and admins may see it. With include=deliveries also what was sent to whom, with include=history everything that happened.")
            .Produces<ApprovalResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapGet("/approvals/{approvalId}/history", (Delegate)GetHistoryAsync)
            .WithName("getApprovalHistory")
            .WithTags("Approvals")
            .WithSummary("Read what happened")
            .WithDescription("Every transition of an approval, oldest first, with actor, channel and reason.")
            .Produces<ApprovalHistoryResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/approvals/{approvalId}/decide", (Delegate)DecideAsync)
            .WithName("decideApproval")
            .WithTags("Approvals")
            .WithSummary("Approve or reject")
            .WithDescription(
                "Votes as the caller, or for somebody who delegated to them. Send back the subjectHash of what was shown. Durable when this answers; idempotent for the same person and vote. "
                + "409 when it is over, the caller voted otherwise before, or the subject is another one; 403 when the caller may know of it but not decide.")
            .Accepts<DecideApprovalRequest>("application/json")
            .Produces<ApprovalResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/approvals/decide", (Delegate)DecideManyAsync)
            .WithName("decideApprovals")
            .WithTags("Approvals")
            .WithSummary("Approve or reject several")
            .WithDescription("Up to 100 votes, each bound to its own subjectHash. What becomes of one does not touch the others: each has its own result, an approval or a problem, in order.")
            .Accepts<DecideApprovalsRequest>("application/json")
            .Produces<ApprovalDecisionsResource>()
            .WithProblems(400, 401, 413, 415, 429, 503);
        v1.MapPost("/approvals/{approvalId}/delegate", (Delegate)DelegateAsync)
            .WithName("delegateApproval")
            .WithTags("Approvals")
            .WithSummary("Hand a vote on")
            .WithDescription("The delegate acts for the caller at the current level; both are recorded. Never the requester, and never in a circle. Idempotent.")
            .Accepts<DelegateApprovalRequest>("application/json")
            .Produces<ApprovalResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/approvals/{approvalId}/comments", (Delegate)CommentAsync)
            .WithName("commentApproval")
            .WithTags("Approvals")
            .WithSummary("Comment")
            .WithDescription("Adds a comment, which those who are concerned are told of. Idempotent by operation id.")
            .Accepts<CommentApprovalRequest>("application/json")
            .Produces<ApprovalResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/approvals/{approvalId}/cancel", (Delegate)CancelAsync)
            .WithName("cancelApproval")
            .WithTags("Approvals")
            .WithSummary("Withdraw a request")
            .WithDescription("By whoever asked, or an admin. Idempotent; does nothing when it is over. The body may be left out.")
            .Accepts<CancelApprovalRequest>(isOptional: true, "application/json")
            .Produces<ApprovalResource>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapPost("/approvals/{approvalId}/consume", (Delegate)ConsumeAsync)
            .WithName("consumeApproval")
            .WithTags("Approvals")
            .WithSummary("Use an approval up")
            .WithDescription(
                "For requests that came over this API: mayAct is true for exactly one operation id, and for its repetitions, when the request was approved, still holds, and the subjectHash is the one that was "
                + "approved. Ask right before acting, and act only on true. The requester and admins.")
            .Accepts<ConsumeApprovalRequest>("application/json")
            .Produces<ConsumedResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapGet("/approvals/audit", (Delegate)AuditAsync)
            .WithName("listApprovalAudit")
            .WithTags("Approvals")
            .WithSummary("Read the audit trail, page by page")
            .WithDescription("Approvals that last changed in a time, each with all that happened to it. Follow next, as cursor, for the next page. Admins only.")
            .Produces<ApprovalExportPage>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/approvals/export", (Delegate)ExportAsync)
            .WithName("exportApprovals")
            .WithTags("Approvals")
            .WithSummary("Export the audit trail")
            .WithDescription(
                "The same as one stream of JSON lines, an ApprovalAudit each. A connection that breaks before its proper end means that lines are missing: export again. Admins only.")
            .Produces<ApprovalAudit>(StatusCodes.Status200OK, "application/x-ndjson")
            .WithProblems(400, 401, 403, 429, 503);
    }

    private static async Task SubmitAsync(HttpContext context, [FromHeader(Name = OperationIds.Header)] string? idempotencyKey)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.SubmitApprovalRequest, MaxSubmitBytes);
        var operationId = OperationIds.Of(body.OperationId, idempotencyKey);
        var approval = await Caller.Of(context).Client.Approvals.SubmitAsync(ApprovalWireMapping.ToContract(body), operationId, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/approvals/{approval.ApprovalId}";
        await WriteAsync(context, StatusCodes.Status201Created, approval);
    }

    private static async Task ListAsync(
        HttpContext context,
        [FromQuery] string? view,
        [FromQuery] string? status,
        [FromQuery] string? type,
        [FromQuery] string? requester,
        [FromQuery] string? run,
        [FromQuery] string? cursor,
        [FromQuery] string? limit)
    {
        var query = new ListApprovals
        {
            View = view switch
            {
                null or "" => "mine",
                "mine" or "groups" or "delegated" or "requested" or "decided" or "all" => view,
                _ => throw StewardException.Invalid("view", "must be mine, groups, delegated, requested, decided or all."),
            },
            Statuses = Statuses(status),
            Type = Absent(type),
            Requester = Absent(requester),
            RunId = Absent(run),
            After = Absent(cursor),
            Limit = QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize),
        };
        var page = await Caller.Of(context).Client.Approvals.ListAsync(query, context.RequestAborted);
        var resource = new ApprovalListResource { Approvals = page.Approvals, NextCursor = page.Next };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.ApprovalListResource);
    }

    private static async Task GetAsync(HttpContext context, string approvalId, [FromQuery] string? include)
    {
        var parts = string.IsNullOrEmpty(include) ? [] : include.Split(',');
        if (parts.Any(part => part is not ("deliveries" or "history")))
        {
            throw StewardException.Invalid("include", "must be deliveries, history, or both with a comma between them.");
        }

        var approvals = Caller.Of(context).Client.Approvals;
        var withDeliveries = parts.Contains("deliveries");
        var approval = await approvals.GetAsync(approvalId, withDeliveries, context.RequestAborted);
        var history = parts.Contains("history") ? await approvals.GetHistoryAsync(approvalId, context.RequestAborted) : null;
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, ApprovalWireMapping.ToResource(approval, withDeliveries, history), ApprovalWireJson.Default.ApprovalResource);
    }

    private static async Task GetHistoryAsync(HttpContext context, string approvalId)
    {
        var resource = new ApprovalHistoryResource { Entries = await Caller.Of(context).Client.Approvals.GetHistoryAsync(approvalId, context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.ApprovalHistoryResource);
    }

    private static async Task DecideAsync(HttpContext context, string approvalId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.DecideApprovalRequest, options.Value.MaxBodyBytes);
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Approvals.DecideAsync(approvalId, ApprovalWireMapping.ToContract(body), context.RequestAborted));
    }

    private static async Task DecideManyAsync(HttpContext context)
    {
        // A hundred comments of 2,000 characters.
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.DecideApprovalsRequest, MaxSubmitBytes);
        var results = await Caller.Of(context).Client.Approvals.DecideAsync([.. body.Decisions.Select(ApprovalWireMapping.ToContract)], context.RequestAborted);
        var resource = new ApprovalDecisionsResource
        {
            Results =
            [
                .. results.Select(result => new ApprovalDecisionResource
                {
                    ApprovalId = result.ApprovalId,
                    Approval = result.Approval is { } approval ? ApprovalWireMapping.ToResource(approval) : null,
                    Problem = result.Error is { } error ? ProblemWriter.ToResource(context, ProblemWriter.StatusOf(error.Code), error) : null,
                }),
            ],
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.ApprovalDecisionsResource);
    }

    private static async Task DelegateAsync(HttpContext context, string approvalId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.DelegateApprovalRequest, options.Value.MaxBodyBytes);
        var delegation = new DelegateApproval { To = body.To, Reason = body.Reason };
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Approvals.DelegateAsync(approvalId, delegation, context.RequestAborted));
    }

    private static async Task CommentAsync(HttpContext context, string approvalId, [FromHeader(Name = OperationIds.Header)] string? idempotencyKey, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.CommentApprovalRequest, options.Value.MaxBodyBytes);
        var comment = new CommentApproval { Text = body.Text, OperationId = OperationIds.Of(body.OperationId, idempotencyKey) };
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Approvals.CommentAsync(approvalId, comment, context.RequestAborted));
    }

    private static async Task CancelAsync(HttpContext context, string approvalId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.CancelApprovalRequest, options.Value.MaxBodyBytes, whenAbsent: new CancelApprovalRequest());
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Approvals.CancelAsync(approvalId, body.Reason, context.RequestAborted));
    }

    private static async Task ConsumeAsync(HttpContext context, string approvalId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.ConsumeApprovalRequest, options.Value.MaxBodyBytes);
        var use = new ConsumeApproval { SubjectHash = body.SubjectHash, OperationId = body.OperationId };
        var resource = new ConsumedResource { MayAct = await Caller.Of(context).Client.Approvals.ConsumeAsync(approvalId, use, context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.ConsumedResource);
    }

    private static async Task AuditAsync(
        HttpContext context, [FromQuery] string? from, [FromQuery] string? until, [FromQuery] string? cursor, [FromQuery] string? limit, TimeProvider time)
    {
        var query = Export(from, until, time) with { After = Absent(cursor), Limit = QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize) };
        var page = await Caller.Of(context).Client.Approvals.ExportPageAsync(query, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, page, ApprovalWireJson.Default.ApprovalExportPage);
    }

    private static async Task ExportAsync(HttpContext context, [FromQuery] string? from, [FromQuery] string? until, TimeProvider time)
    {
        var approvals = Caller.Of(context).Client.Approvals;
        var query = Export(from, until, time) with { Limit = MaxPageSize };
        // The first page decides whether this is an export or a problem.
        var page = await approvals.ExportPageAsync(query, context.RequestAborted);
        context.Response.ContentType = "application/x-ndjson";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"approvals.ndjson\"";
        while (true)
        {
            foreach (var audit in page.Approvals)
            {
                await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(audit, ApprovalWireJson.Default.ApprovalAudit), context.RequestAborted);
                await context.Response.Body.WriteAsync(LineEnd, context.RequestAborted);
            }

            if (page.Next is not { } next)
            {
                return;
            }

            try
            {
                page = await approvals.ExportPageAsync(query with { After = next }, context.RequestAborted);
            }
            catch (StewardException)
            {
                // What has been sent looks whole unless the connection breaks.
                context.Abort();
                return;
            }
        }
    }

    private static ExportApprovals Export(string? from, string? until, TimeProvider time) => new()
    {
        From = Time(from, "from") ?? DateTimeOffset.UnixEpoch,
        Until = Time(until, "until") ?? time.GetUtcNow(),
    };

    private static DateTimeOffset? Time(string? text, string field) => string.IsNullOrEmpty(text)
        ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value)
            ? value
            : throw StewardException.Invalid(field, "must be a date and time such as 2026-01-31T12:00:00Z.");

    private static string[] Statuses(string? text)
    {
        var statuses = string.IsNullOrEmpty(text) ? [] : text.Split(',').Distinct().ToArray();
        return statuses.All(status => status is "submitted" or "pending" or "escalated" or "approved" or "rejected" or "expired" or "cancelled")
            ? statuses
            : throw StewardException.Invalid("status", "must be submitted, pending, escalated, approved, rejected, expired or cancelled, or several of them with commas between them.");
    }

    private static string? Absent(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static Task WriteAsync(HttpContext context, int status, ApprovalView approval) =>
        JsonAnswer.WriteAsync(context, status, ApprovalWireMapping.ToResource(approval), ApprovalWireJson.Default.ApprovalResource);
}
