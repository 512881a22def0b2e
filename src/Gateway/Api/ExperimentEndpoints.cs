using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Models.Experiments;

namespace Steward.Gateway.Api;

/// <summary>Experiments and canaries on model calls.</summary>
internal static class ExperimentEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/experiments", (Delegate)StartAsync)
            .WithName("startExperiment")
            .WithTags("Experiments")
            .WithSummary("Begin an experiment or canary")
            .WithDescription("What is observed and decided is fixed from now on. It decides by itself, by methods that may be looked at at any time. Admins only.")
            .Accepts<StartExperimentRequest>("application/json")
            .Produces<ExperimentInfo>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapGet("/experiments", (Delegate)ListAsync)
            .WithName("listExperiments")
            .WithTags("Experiments")
            .WithSummary("List experiments")
            .WithDescription("The names of all, newest first. Admins and auditors.")
            .Produces<NameListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/experiments/{name}", (Delegate)GetAsync)
            .WithName("getExperiment")
            .WithTags("Experiments")
            .WithSummary("Read an experiment")
            .WithDescription("How far it is and what was found, with bounds and evidence that hold at any time. Admins and auditors.")
            .Produces<ExperimentInfo>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/experiments/{name}/stop", (Delegate)StopAsync)
            .WithName("stopExperiment")
            .WithTags("Experiments")
            .WithSummary("End an experiment")
            .WithDescription("The control answers everything again, also after a canary was promoted. Idempotent. Admins only.")
            .Accepts<StopExperimentRequest>("application/json")
            .Produces<ExperimentInfo>()
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapGet("/experiments/{name}/decisions", (Delegate)ListDecisionsAsync)
            .WithName("listExperimentDecisions")
            .WithTags("Experiments")
            .WithSummary("List what was decided")
            .WithDescription("Each step with the plan and the evidence that it was decided from. Admins and auditors.")
            .Produces<ExperimentDecisionListResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/experiments/{name}/decisions/{step:int}/replay", (Delegate)ReplayAsync)
            .WithName("replayExperimentDecision")
            .WithTags("Experiments")
            .WithSummary("Decide again")
            .WithDescription("From the decision's record alone, and whether the same comes out. Changes nothing. Admins and auditors.")
            .Produces<ExperimentReplay>()
            .WithProblems(400, 401, 403, 404, 429, 503);
    }

    private static async Task StartAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelTrialsWireJson.Default.StartExperimentRequest, options.Value.MaxBodyBytes);
        var started = await Caller.Of(context).Client.ModelTrials.StartExperimentAsync(body.Name, body.Spec, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/experiments/{started.Name}";
        await WriteAsync(context, StatusCodes.Status201Created, started);
    }

    private static async Task ListAsync(HttpContext context)
    {
        var names = await Caller.Of(context).Client.ModelTrials.ListExperimentsAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new NameListResource { Names = names }, ModelTrialsWireJson.Default.NameListResource);
    }

    private static async Task GetAsync(HttpContext context, string name) =>
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.ModelTrials.GetExperimentAsync(name, context.RequestAborted));

    private static async Task StopAsync(HttpContext context, string name, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelTrialsWireJson.Default.StopExperimentRequest, options.Value.MaxBodyBytes);
        await WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.ModelTrials.StopExperimentAsync(name, body.Reason, context.RequestAborted));
    }

    private static async Task ListDecisionsAsync(HttpContext context, string name)
    {
        var decisions = await Caller.Of(context).Client.ModelTrials.ListDecisionsAsync(name, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new ExperimentDecisionListResource { Decisions = decisions }, ModelTrialsWireJson.Default.ExperimentDecisionListResource);
    }

    private static async Task ReplayAsync(HttpContext context, string name, int step)
    {
        var replay = await Caller.Of(context).Client.ModelTrials.ReplayDecisionAsync(name, step, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, replay, ModelTrialsWireJson.Default.ExperimentReplay);
    }

    private static Task WriteAsync(HttpContext context, int status, ExperimentInfo experiment) => JsonAnswer.WriteAsync(context, status, experiment, ModelTrialsWireJson.Default.ExperimentInfo);
}
