using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Problems;
using Steward.Triage;

namespace Steward.Gateway.Api;

/// <summary>Where tickets belong: decisions, what people say about them, settings, reports and heads.</summary>
internal static class TriageEndpoints
{
    // A hundred tickets of some length, or one that is as long as a ticket may be with every character escaped.
    private const int MaxTicketsBytes = 4 * 1024 * 1024;
    private const int MaxSettingsBytes = 1024 * 1024;
    private const int DefaultDays = 7;
    private const int MaxDays = 90;
    private const int DefaultFound = 10;
    private const int DefaultWaiting = 50;
    private const int MaxWaiting = 100;
    private const string DecisionsPath = "/v1/triage/decisions/";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/triage/classify", (Delegate)ClassifyAsync)
            .WithName("classifyTickets")
            .WithTags("Triage")
            .WithSummary("Classify tickets")
            .WithDescription(
                "Says where one ticket, or each of up to 100, belongs, how sure that is, and why. With an id the decision is kept, and the same id with the same content gets the same decision again; without one nothing is "
                + "kept. What is wrong with the one ticket is the answer's status; of several tickets each has a result of its own.")
            .Accepts<ClassifyTicketsRequest>("application/json")
            .Produces<ClassifiedTicketsResource>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapPost("/triage/feedback", (Delegate)LabelAsync)
            .WithName("labelTickets")
            .WithTags("Triage")
            .WithSummary("Say where tickets belong")
            .WithDescription("In the caller's name, for up to 100 tickets, each with a result of its own. Durable when answered. Idempotent by ticket, label and eventId.")
            .Accepts<LabelTicketsRequest>("application/json")
            .Produces<LabelledTicketsResource>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapGet("/triage/decisions/{**ticketId}", (Delegate)GetDecisionAsync)
            .WithName("getTriageDecision")
            .WithTags("Triage")
            .WithSummary("Read a decision")
            .WithDescription("The decision about a ticket, with the group that a person said it belongs to since. In the path, percent-encode what is no letter or digit of the id; a slash may stand as it is.")
            .Produces<TriageDecision>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/triage/tickets/search", (Delegate)FindTicketsAsync)
            .WithName("findTriageTickets")
            .WithTags("Triage")
            .WithSummary("Find old tickets")
            .WithDescription(
                "Labelled tickets that are most like a text, by what it means and by its words, best first; mode says by which. Admins and auditors look among all tickets, others among those that they sent.")
            .Accepts<FindTicketsRequest>("application/json")
            .Produces<FoundTickets>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapGet("/triage/queue", (Delegate)ListWaitingAsync)
            .WithName("listWaitingTickets")
            .WithTags("Triage")
            .WithSummary("List what waits for a person")
            .WithDescription("Tickets with an id that no group was sure enough for, and of which neither an admin nor a connected system nor the trusted sender has said yet where they belong, oldest first, each with the three most probable groups and the reasons. Admins and auditors.")
            .Produces<WaitingTickets>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/triage/settings", (Delegate)GetSettingsAsync)
            .WithName("getTriageSettings")
            .WithTags("Triage")
            .WithSummary("Read the settings")
            .WithDescription("Thresholds, wanted precision, groups, connectors and trusted senders.")
            .Produces<TriageSettings>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/triage/settings", (Delegate)SetSettingsAsync)
            .WithName("setTriageSettings")
            .WithTags("Triage")
            .WithSummary("Replace the settings")
            .WithDescription("All of them: what is left out gets its default. 409 when version is not the one that holds. Admins only.")
            .Accepts<SetTriageSettingsRequest>("application/json")
            .Produces<TriageSettings>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/triage/reports", (Delegate)GetReportAsync)
            .WithName("getTriageReport")
            .WithTags("Triage")
            .WithSummary("Read how triage fares")
            .WithDescription("What was decided in the last days, by group, and what became of it. Admins and auditors.")
            .Produces<TriageReport>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/triage/health", (Delegate)GetHealthAsync)
            .WithName("getTriageHealth")
            .WithTags("Triage")
            .WithSummary("Read what is known of drift and noise")
            .WithDescription("Drift of words and groups, the estimated share of wrong labels, and whose labels are held back. Admins and auditors.")
            .Produces<TriageHealth>()
            .WithProblems(401, 403, 429, 503);
        MapLearning(v1);
    }

    private static void MapLearning(RouteGroupBuilder v1)
    {
        v1.MapGet("/triage/heads", (Delegate)GetHeadsAsync)
            .WithName("getTriageHeads")
            .WithTags("Triage")
            .WithSummary("List the heads")
            .WithDescription("The tenant's own classifiers, newest first, which one answers, and how each has fared.")
            .Produces<TriageHeads>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPost("/triage/heads/use", (Delegate)UseHeadAsync)
            .WithName("useTriageHead")
            .WithTags("Triage")
            .WithSummary("Go back to a head")
            .WithDescription("To one that answered before, or to the base when version is left out; or lets the one on trial take over. Idempotent. Admins only.")
            .Accepts<UseTriageHeadRequest>("application/json")
            .Produces<TriageHeads>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapGet("/triage/trainings", (Delegate)ListTrainingsAsync)
            .WithName("listTriageTrainings")
            .WithTags("Triage")
            .WithSummary("List trainings")
            .WithDescription("The last ones, newest first, each with its figures and why it ended as it did.")
            .Produces<TriageTrainingListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPost("/triage/trainings", (Delegate)StartTrainingAsync)
            .WithName("startTriageTraining")
            .WithTags("Triage")
            .WithSummary("Train now")
            .WithDescription("Starts a training, or names the one that is under way. Admins only.")
            .Produces<TriageTraining>(StatusCodes.Status202Accepted)
            .WithProblems(401, 403, 429, 503);
    }

    private static async Task ClassifyAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.ClassifyTicketsRequest, MaxTicketsBytes);
        var triage = Caller.Of(context).Client.Triage;
        ClassifiedTicketsResource resource;
        if (body is { Ticket: { } ticket, Tickets: null })
        {
            var decision = await triage.ClassifyAsync(TriageWireMapping.ToContract(ticket), context.RequestAborted);
            resource = new ClassifiedTicketsResource { Results = [new ClassifiedTicketResource { TicketId = decision.TicketId, Decision = decision }] };
        }
        else if (body is { Ticket: null, Tickets: { } tickets })
        {
            NoneIsNull(tickets, "tickets");
            var outcomes = await triage.ClassifyAllAsync([.. tickets.Select(TriageWireMapping.ToContract)], context.RequestAborted);
            resource = new ClassifiedTicketsResource
            {
                Results = [.. outcomes.Select(outcome => new ClassifiedTicketResource
                {
                    TicketId = outcome.TicketId,
                    Decision = outcome.Decision,
                    Problem = outcome.Error is { } error ? ProblemWriter.ToResource(context, ProblemWriter.StatusOf(error.Code), error) : null,
                })],
            };
        }
        else
        {
            throw StewardException.Invalid("ticket", "must be given, or tickets, and not both.");
        }

        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, TriageWireJson.Default.ClassifiedTicketsResource);
    }

    private static async Task LabelAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.LabelTicketsRequest, MaxTicketsBytes);
        NoneIsNull(body.Labels, "labels");
        var results = await Caller.Of(context).Client.Triage.LabelAsync([.. body.Labels.Select(TriageWireMapping.ToContract)], context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new LabelledTicketsResource { Results = results }, TriageWireJson.Default.LabelledTicketsResource);
    }

    private static async Task GetDecisionAsync(HttpContext context, string ticketId) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetDecisionAsync(TicketIdOf(context, ticketId), context.RequestAborted), TriageWireJson.Default.TriageDecision);

    private static async Task FindTicketsAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.FindTicketsRequest, options.Value.MaxBodyBytes);
        NoneIsNull(body.Groups ?? [], "groups");
        var query = new FindTickets { Text = body.Text, Groups = body.Groups, Top = body.Top ?? DefaultFound };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.FindTicketsAsync(query, context.RequestAborted), TriageWireJson.Default.FoundTickets);
    }

    private static async Task ListWaitingAsync(HttpContext context, [FromQuery] string? after, [FromQuery] string? limit)
    {
        var (from, most) = (QueryNumbers.Sequence(after, "after", 0), QueryNumbers.Limit(limit, DefaultWaiting, MaxWaiting));
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.ListWaitingAsync(from, most, context.RequestAborted), TriageWireJson.Default.WaitingTickets);
    }

    private static async Task GetSettingsAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetSettingsAsync(context.RequestAborted), TriageWireJson.Default.TriageSettings);

    private static async Task SetSettingsAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.SetTriageSettingsRequest, MaxSettingsBytes);
        NoneIsNull(body.Groups ?? [], "groups");
        NoneIsNull(body.Connectors ?? [], "connectors");
        NoneIsNull(body.Senders ?? [], "senders");
        var settings = await Caller.Of(context).Client.Triage.SetSettingsAsync(TriageWireMapping.ToContract(body), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, settings, TriageWireJson.Default.TriageSettings);
    }

    private static async Task GetReportAsync(HttpContext context, [FromQuery] string? days)
    {
        var number = string.IsNullOrEmpty(days)
            ? DefaultDays
            : int.TryParse(days, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is >= 1 and <= MaxDays
                ? given
                : throw StewardException.Invalid("days", $"must be 1 to {MaxDays}.");
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetReportAsync(number, context.RequestAborted), TriageWireJson.Default.TriageReport);
    }

    private static async Task GetHealthAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetHealthAsync(context.RequestAborted), TriageWireJson.Default.TriageHealth);

    private static async Task GetHeadsAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.GetHeadsAsync(context.RequestAborted), TriageWireJson.Default.TriageHeads);

    private static async Task UseHeadAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, TriageWireJson.Default.UseTriageHeadRequest, options.Value.MaxBodyBytes);
        var command = new UseTriageHead { Version = body.Version, Share = body.Share ?? 1, Reason = body.Reason };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Triage.UseHeadAsync(command, context.RequestAborted), TriageWireJson.Default.TriageHeads);
    }

    private static async Task ListTrainingsAsync(HttpContext context)
    {
        var resource = new TriageTrainingListResource { Trainings = await Caller.Of(context).Client.Triage.ListTrainingsAsync(context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, TriageWireJson.Default.TriageTrainingListResource);
    }

    private static async Task StartTrainingAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status202Accepted, await Caller.Of(context).Client.Triage.StartTrainingAsync(context.RequestAborted), TriageWireJson.Default.TriageTraining);

    /// <summary>
    /// The id as it was sent. The server decodes the path but leaves an encoded slash as it is, and takes dots between slashes for steps: only what came over the line says what was meant.
    /// </summary>
    internal static string TicketIdOf(HttpContext context, string routed)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? target : target[..end];
        return path.StartsWith(DecisionsPath, StringComparison.Ordinal) ? Uri.UnescapeDataString(path[DecisionsPath.Length..]) : routed;
    }

    private static void NoneIsNull<T>(IReadOnlyList<T> entries, string field)
        where T : class
    {
        if (entries.Any(entry => entry is null))
        {
            throw StewardException.Invalid(field, "must not have null in it.");
        }
    }
}
