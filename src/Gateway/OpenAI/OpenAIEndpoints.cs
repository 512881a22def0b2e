using System.Text.Json;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>The endpoint for clients of OpenAI's API: models, tiers and agents under one key.</summary>
internal static class OpenAIEndpoints
{
    // What the endpoint offers has no date of its own.
    private const long Since = 1_767_225_600;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var v1 = endpoints.MapGroup("/openai/v1").WithMetadata(new NeedsCallerAttribute()).ExcludeFromDescription();
        v1.MapGet("/models", (Delegate)ListModelsAsync);
        v1.MapGet("/models/{**model}", (Delegate)GetModelAsync);
        v1.MapPost("/chat/completions", (Delegate)CompleteAsync);
        v1.MapPost("/responses", (Delegate)RespondAsync);
        v1.MapPost("/embeddings", (Delegate)EmbedAsync);
    }

    private static async Task ListModelsAsync(HttpContext context, IStewardModels models)
    {
        var offered = await models.For(Caller.Of(context).Identity).ListAsync(context.RequestAborted);
        await WholeAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var model in offered)
            {
                WriteModel(json, model);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task GetModelAsync(HttpContext context, string model, IStewardModels models)
    {
        var offered = await models.For(Caller.Of(context).Identity).ListAsync(context.RequestAborted);
        var found = offered.FirstOrDefault(known => known.Id == model) ?? throw new StewardException("model_missing", "There is no such model. GET /openai/v1/models lists what there is.") { Field = "model" };
        await WholeAnswer.WriteAsync(context, json => WriteModel(json, found));
    }

    private static void WriteModel(Utf8JsonWriter json, OfferedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Id);
        json.WriteString("object"u8, "model"u8);
        json.WriteNumber("created"u8, Since);
        json.WriteString("owned_by"u8, model.Owner);
        json.WriteEndObject();
    }

    private static async Task CompleteAsync(HttpContext context, IStewardModels models, IOptions<StewardGatewayOptions> options, TimeProvider time)
    {
        ModelRequest request;
        using (var body = await CallContext.ReadAsync(context, options.Value.MaxModelBodyBytes))
        {
            request = ChatRequestReader.Read(body.RootElement);
        }

        var callId = CallContext.NewCallId();
        var answer = AnswerOf(context, models, request, callId);
        var format = new ChatAnswers("chatcmpl-" + callId["mc-".Length..], request.Model, time.GetUtcNow().ToUnixTimeSeconds(), request.IncludeUsage);
        if (request.Stream)
        {
            await AnswerStream.WriteAsync(context, callId, answer, format, time);
            return;
        }

        var whole = await WholeAnswer.ReadAsync(context, callId, answer);
        await WholeAnswer.WriteAsync(context, json => format.WriteWhole(json, whole));
    }

    private static async Task RespondAsync(HttpContext context, IStewardModels models, IOptions<StewardGatewayOptions> options, TimeProvider time)
    {
        ModelRequest request;
        using (var body = await CallContext.ReadAsync(context, options.Value.MaxModelBodyBytes))
        {
            request = ResponsesRequestReader.Read(body.RootElement);
        }

        var callId = CallContext.NewCallId();
        var answer = AnswerOf(context, models, request, callId);
        var format = new ResponsesAnswers("resp_" + callId["mc-".Length..], request, time.GetUtcNow().ToUnixTimeSeconds());
        if (request.Stream)
        {
            await AnswerStream.WriteAsync(context, callId, answer, format, time);
            return;
        }

        var whole = await WholeAnswer.ReadAsync(context, callId, answer);
        await WholeAnswer.WriteAsync(context, json => format.WriteWhole(json, whole));
    }

    private static async Task EmbedAsync(HttpContext context, IStewardModels models, IOptions<StewardGatewayOptions> options)
    {
        (string Model, ModelEmbedding Embedding, bool IsBase64, string? User) request;
        using (var body = await CallContext.ReadAsync(context, options.Value.MaxModelBodyBytes))
        {
            request = EmbeddingAnswers.Read(body.RootElement);
        }

        var caller = Caller.Of(context).Identity;
        var callId = CallContext.NewCallId();
        var call = CallContext.Apply(
            new StartModelCall { Model = EmbeddingAnswers.TargetOf(request.Model), Embedding = request.Embedding, IsWhole = true }, context.Request, caller, request.User, new Dictionary<string, string>());
        var whole = await WholeAnswer.ReadAsync(context, callId, models.For(caller).StreamAsync(callId, call, context.RequestAborted));
        await WholeAnswer.WriteAsync(context, json => EmbeddingAnswers.Write(json, request.Model, whole, request.IsBase64));
    }

    private static IAsyncEnumerable<ModelCallEvent> AnswerOf(HttpContext context, IStewardModels models, ModelRequest request, string callId)
    {
        var caller = Caller.Of(context);
        var target = ModelTargetOf.Parse(request.Model);
        if (target.Agent is { } agent)
        {
            return AgentAnswers.AskAsync(
                caller.Client, CallContext.ForRun(agent, context.Request, caller.Identity, request.User, request.Metadata), request, CallContext.Header(context.Request, "x-steward-session", 96), CallContext.Header(context.Request, "Idempotency-Key", 128), context.RequestAborted);
        }

        var call = CallContext.Apply(new StartModelCall { Model = target.Call!, Chat = request.Chat, IsWhole = !request.Stream }, context.Request, caller.Identity, request.User, request.Metadata);
        return models.For(caller.Identity).StreamAsync(callId, call, context.RequestAborted);
    }
}
