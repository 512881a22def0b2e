using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Approvals;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>A tenant's approval rules in versions, and who decides for whom.</summary>
internal static class ApprovalRuleEndpoints
{
    // 256 Ki characters, which escapes can make four times as many bytes.
    private const int MaxRulesBytes = 1024 * 1024;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/approval-rules", (Delegate)GetAsync)
            .WithName("getApprovalRules")
            .WithTags("Approval rules")
            .WithSummary("Read the rules")
            .WithDescription("The rule set that holds, or a version of it. 404 when there is none: then requests take the chain of the tenant's action policy. Admins only.")
            .Produces<ApprovalRuleSet>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPut("/approval-rules", (Delegate)PublishAsync)
            .WithName("publishApprovalRules")
            .WithTags("Approval rules")
            .WithSummary("Publish rules")
            .WithDescription(
                "Makes a rule set the one that holds for requests from now on. What is wrong with it is said with line and rule; 409 when expectedVersion is not the version that holds. Admins only.")
            .Accepts<PublishRulesRequest>("application/json")
            .Produces<ApprovalRuleSet>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapPost("/approval-rules/validate", (Delegate)ValidateAsync)
            .WithName("validateApprovalRules")
            .WithTags("Approval rules")
            .WithSummary("Check rules")
            .WithDescription("Says what is wrong with a rule set and what is probably not meant. Keeps nothing. Admins only.")
            .Accepts<ValidateRulesRequest>("application/json")
            .Produces<RuleSetCheck>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapPost("/approval-rules/simulate", (Delegate)SimulateAsync)
            .WithName("simulateApprovalRules")
            .WithTags("Approval rules")
            .WithSummary("Try rules on past requests")
            .WithDescription("Which of the tenant's past requests would take another chain, and how often each rule would match. Keeps nothing. Admins only.")
            .Accepts<SimulateRulesRequest>("application/json")
            .Produces<RuleSimulation>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapGet("/approval-rules/versions", (Delegate)ListVersionsAsync)
            .WithName("listApprovalRuleVersions")
            .WithTags("Approval rules")
            .WithSummary("List versions")
            .WithDescription("Who published what when, newest first, without the texts. Admins only.")
            .Produces<RuleVersionsResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPost("/approval-rules/rollback", (Delegate)RollBackAsync)
            .WithName("rollBackApprovalRules")
            .WithTags("Approval rules")
            .WithSummary("Roll back")
            .WithDescription("Publishes an earlier version again, as a new one. Admins only.")
            .Accepts<RollBackRulesRequest>("application/json")
            .Produces<ApprovalRuleSet>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapGet("/delegations", (Delegate)ListDelegationsAsync)
            .WithName("listDelegations")
            .WithTags("Approval rules")
            .WithSummary("List delegations")
            .WithDescription("The delegations that concern the caller, or all for admins; those that are over are not among them.")
            .Produces<DelegationListResource>()
            .WithProblems(401, 429, 503);
        v1.MapPost("/delegations", (Delegate)AddDelegationAsync)
            .WithName("addDelegation")
            .WithTags("Approval rules")
            .WithSummary("Let somebody decide")
            .WithDescription(
                "Somebody may decide for the caller (or, set up by an admin, for anybody) in a time of at most a year, for all requests or those of some types. Never to oneself or in a circle. Idempotent by id.")
            .Accepts<CreateDelegationRequest>("application/json")
            .Produces<DelegationView>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapDelete("/delegations/{delegationId}", (Delegate)RemoveDelegationAsync)
            .WithName("removeDelegation")
            .WithTags("Approval rules")
            .WithSummary("End a delegation")
            .WithDescription("By whoever is acted for, or an admin. Idempotent.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 429, 503);
    }

    private static async Task GetAsync(HttpContext context, [FromQuery] string? version)
    {
        int? wanted = string.IsNullOrEmpty(version)
            ? null
            : int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw StewardException.Invalid("version", "must be a version's number, from 1.");
        await WriteAsync(context, await Caller.Of(context).Client.Approvals.Rules.GetAsync(wanted, context.RequestAborted));
    }

    private static async Task PublishAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.PublishRulesRequest, MaxRulesBytes);
        var command = new PublishRules { Text = body.Text, ExpectedVersion = body.ExpectedVersion, Comment = body.Comment };
        await WriteAsync(context, await Caller.Of(context).Client.Approvals.Rules.PublishAsync(command, context.RequestAborted));
    }

    private static async Task ValidateAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.ValidateRulesRequest, MaxRulesBytes);
        var check = await Caller.Of(context).Client.Approvals.Rules.ValidateAsync(body.Text, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, check, ApprovalWireJson.Default.RuleSetCheck);
    }

    private static async Task SimulateAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.SimulateRulesRequest, MaxRulesBytes);
        if (body.Limit is < 1 or > 5000)
        {
            throw StewardException.Invalid("limit", "must be 1 to 5,000.");
        }

        var command = new SimulateRules { Text = body.Text, Since = body.Since, Limit = body.Limit ?? 1000 };
        var simulation = await Caller.Of(context).Client.Approvals.Rules.SimulateAsync(command, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, simulation, ApprovalWireJson.Default.RuleSimulation);
    }

    private static async Task ListVersionsAsync(HttpContext context)
    {
        var resource = new RuleVersionsResource { Versions = await Caller.Of(context).Client.Approvals.Rules.ListVersionsAsync(context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.RuleVersionsResource);
    }

    private static async Task RollBackAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.RollBackRulesRequest, options.Value.MaxBodyBytes);
        if (body.Version < 1)
        {
            throw StewardException.Invalid("version", "must be a version's number, from 1.");
        }

        await WriteAsync(context, await Caller.Of(context).Client.Approvals.Rules.RollBackAsync(body.Version, context.RequestAborted));
    }

    private static async Task ListDelegationsAsync(HttpContext context)
    {
        var resource = new DelegationListResource { Delegations = await Caller.Of(context).Client.Approvals.Rules.ListDelegationsAsync(context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.DelegationListResource);
    }

    private static async Task AddDelegationAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.CreateDelegationRequest, options.Value.MaxBodyBytes);
        if (body.Begins == default || body.Ends == default)
        {
            throw StewardException.Invalid(body.Begins == default ? "begins" : "ends", "must be a date and time such as 2026-01-31T12:00:00Z.");
        }

        var caller = Caller.Of(context);
        var delegation = await caller.Client.Approvals.Rules.AddDelegationAsync(
            new DelegationView
            {
                DelegationId = body.DelegationId ?? RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 24),
                From = body.From ?? caller.Identity.Email ?? throw StewardException.Invalid("from", "must be given: your credentials name no mail address."),
                To = body.To,
                Begins = body.Begins,
                Ends = body.Ends,
                Types = body.Types ?? [],
            },
            context.RequestAborted);
        context.Response.Headers.Location = $"/v1/delegations/{delegation.DelegationId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status201Created, delegation, ApprovalWireJson.Default.DelegationView);
    }

    private static async Task RemoveDelegationAsync(HttpContext context, string delegationId)
    {
        await Caller.Of(context).Client.Approvals.Rules.RemoveDelegationAsync(delegationId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task WriteAsync(HttpContext context, ApprovalRuleSet rules) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, rules, ApprovalWireJson.Default.ApprovalRuleSet);
}
