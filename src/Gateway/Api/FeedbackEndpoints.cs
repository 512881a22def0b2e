using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Models.Feedback;

namespace Steward.Gateway.Api;

/// <summary>What people say of answers, what can be learnt from it, and how good answers are.</summary>
internal static class FeedbackEndpoints
{
    private const string Jsonl = "application/jsonl";
    private const string Completion = "chatcmpl-";
    private const string Response = "resp_";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/feedback", (Delegate)GiveAsync)
            .WithName("giveFeedback")
            .WithTags("Feedback")
            .WithSummary("Say something of an answer")
            .WithDescription(
                "A thumb, an edit, that a person took over, whether it helped, a score: of a run that has ended or of a model call, in place of what was said before. It counts for the experiments that the answer took part in, by its first word of each "
                + "kind for a conversation. Texts are kept with mayBeLearnt only. A call is known a moment after its end. Idempotent. Whose answer it is only.")
            .Accepts<GiveFeedbackRequest>("application/json")
            .Produces<FeedbackInfo>()
            .WithProblems(400, 401, 404, 409, 413, 415, 429, 503);
        v1.MapGet("/feedback/{target}", (Delegate)GetAsync)
            .WithName("getFeedback")
            .WithTags("Feedback")
            .WithSummary("Read what one said")
            .WithDescription("Without texts. Whose answer it is only.")
            .Produces<FeedbackInfo>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapDelete("/feedback/{target}", (Delegate)WithdrawAsync)
            .WithName("withdrawFeedback")
            .WithTags("Feedback")
            .WithSummary("Take back what one said")
            .WithDescription("With all texts. What experiments have counted stays counted. Idempotent. Whose answer it is only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 429, 503);
        v1.MapGet("/feedback/export", (Delegate)ExportAsync)
            .WithName("exportFeedback")
            .WithTags("Feedback")
            .WithSummary("Export examples for fine-tuning")
            .WithDescription(
                "Of answers that people said something of from one day to another (UTC, at most 366 days): one line of JSON each, as chat messages. Only with consent, only what was good or edited and not escalated; secrets, mail addresses, numbers "
                + "and the person's own name are masked. Other names are not known: look at the lines before use. Admins only.")
            .Produces<string>(StatusCodes.Status200OK, Jsonl)
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/answer-quality", (Delegate)GetQualityAsync)
            .WithName("getAnswerQuality")
            .WithTags("Feedback")
            .WithSummary("Read how good answers are")
            .WithDescription(
                "What the judge said of the sample, by feature, corrected by its own errors as people's thumbs show them; whether questions and scores drift; after which change of model or prompt answers became worse. Judging is switched on by "
                + "judgesAnswers of the model settings. Admins and auditors.")
            .Produces<Steward.Models.Quality.AnswerQualityReport>()
            .WithProblems(401, 403, 429, 503);
    }

    private static async Task GiveAsync(HttpContext context, IStewardModels models, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelWireJson.Default.GiveFeedbackRequest, options.Value.MaxBodyBytes);
        var feedback = new GiveFeedback
        {
            IsGood = body.IsGood,
            Edited = body.Edited,
            IsEscalated = body.IsEscalated ?? false,
            IsSolved = body.IsSolved,
            Score = body.Score,
            Comment = body.Comment,
            MayBeLearnt = body.MayBeLearnt ?? false,
            Input = body.Input,
            Answer = body.Answer,
        };
        await WriteAsync(context, await models.For(Caller.Of(context).Identity).GiveFeedbackAsync(TargetOf(body.Target), feedback, context.RequestAborted));
    }

    private static async Task GetAsync(HttpContext context, string target, IStewardModels models) =>
        await WriteAsync(context, await models.For(Caller.Of(context).Identity).GetFeedbackAsync(TargetOf(target), context.RequestAborted));

    private static async Task WithdrawAsync(HttpContext context, string target, IStewardModels models)
    {
        await models.For(Caller.Of(context).Identity).WithdrawFeedbackAsync(TargetOf(target), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ExportAsync(HttpContext context, [FromQuery] string? fromDay, [FromQuery] string? toDay, IStewardModels models)
    {
        var (client, query) = (models.For(Caller.Of(context).Identity), new FeedbackExportQuery { From = Day(fromDay, "fromDay"), To = Day(toDay, "toDay") });

        // The first part before the first byte, so that a refusal has its status.
        var page = await client.ExportFeedbackAsync(query, context.RequestAborted);
        context.Response.ContentType = Jsonl;
        context.Response.Headers.CacheControl = "no-store";
        while (true)
        {
            foreach (var line in page.Lines)
            {
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), context.RequestAborted);
            }

            if (page.NextAfter == 0)
            {
                return;
            }

            page = await client.ExportFeedbackAsync(query with { After = page.NextAfter }, context.RequestAborted);
        }
    }

    private static async Task GetQualityAsync(HttpContext context, IStewardModels models)
    {
        var report = await models.For(Caller.Of(context).Identity).GetAnswerQualityAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, report, ModelWireJson.Default.AnswerQualityReport);
    }

    private static string TargetOf(string target) =>
        target.StartsWith(Completion, StringComparison.Ordinal) ? "mc-" + target[Completion.Length..] : target.StartsWith(Response, StringComparison.Ordinal) ? "mc-" + target[Response.Length..] : target;

    private static DateOnly Day(string? text, string field) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        ? day
        : throw StewardException.Invalid(field, "must be a day, such as 2026-11-22.");

    private static Task WriteAsync(HttpContext context, FeedbackInfo info) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, info, ModelWireJson.Default.FeedbackInfo);
}
