using System.Text.Json;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;

namespace Steward.Models;

/// <summary>Calls in the words of the engine, and what the engine says in those of the contract.</summary>
internal static class ModelCallRequests
{
    /// <summary>What the model is asked.</summary>
    public static ChatRequest ToRequest(ModelChat chat) => new()
    {
        Messages = [.. chat.Messages.Select(ToMessage)],
        Tools = [.. chat.Tools.Select(tool => new ToolDefinition { Name = tool.Name, Description = tool.Description, Parameters = JsonElement.Parse(tool.Parameters), IsStrict = tool.IsStrict })],
        AllowToolCalls = chat.ToolChoice != "none",
        RequiredTool = chat.ToolChoice switch
        {
            "required" => ChatRequest.AnyTool,
            "tool" => chat.RequiredTool,
            _ => null,
        },
        AllowParallelToolCalls = chat.AllowParallelToolCalls,
        Format = chat.Format is { } format
            ? new ChatFormat { Schema = format.Schema is { } schema ? JsonElement.Parse(schema) : null, Name = format.Name, Description = format.Description, IsStrict = format.IsStrict }
            : null,
        MaxOutputTokens = chat.MaxOutputTokens,
        Sampling = SamplingOf(chat),
    };

    /// <summary>How a call is answered, once its stages are passed.</summary>
    public static ModelCallRoute RouteOf(ModelCall call) => new()
    {
        Tier = call.Model == ModelCall.Auto ? ModelTiers.Standard : ModelTiers.All.Contains(call.Model) ? call.Model : null,
        Cache = call.Cache,
        Degradation = call.Degradation,
        Variants = call.Variants.Count == 0 ? [] : [.. call.Variants],
    };

    /// <summary>How it ended.</summary>
    public static ModelCallEnd EndOf(ChatFinished finished) => new()
    {
        Reason = finished.Reason,
        Model = finished.Model,
        Provider = finished.Provider,
        InputTokens = finished.Usage?.InputTokens,
        CachedInputTokens = finished.Usage?.CachedInputTokens ?? 0,
        OutputTokens = finished.Usage?.OutputTokens ?? 0,
        CostUsd = finished.Usage?.CostUsd,
        Attempts = finished.Attempts,
    };

    private static ChatSampling SamplingOf(ModelChat chat) => new()
    {
        Temperature = chat.Temperature,
        TopP = chat.TopP,
        FrequencyPenalty = chat.FrequencyPenalty,
        PresencePenalty = chat.PresencePenalty,
        Seed = chat.Seed,
        Stop = chat.Stop,
        ReasoningEffort = chat.ReasoningEffort,
    };

    private static ChatMessage ToMessage(ModelMessage message) => new()
    {
        Role = message.Role switch
        {
            "system" => ChatRole.System,
            "user" => ChatRole.User,
            "tool" => ChatRole.Tool,
            _ => ChatRole.Assistant,
        },
        Text = message.Text,
        Parts = message.Parts.Count == 0 ? [] : [.. message.Parts.Select(part => part.ImageUrl is { } url ? (ChatPart)new ChatImagePart(url, part.Detail) : new ChatTextPart(part.Text ?? ""))],
        ToolCalls = message.ToolCalls.Count == 0 ? [] : [.. message.ToolCalls.Select(call => new ToolCall { Id = call.Id, Name = call.Name, Arguments = call.Arguments })],
        ToolCallId = message.ToolCallId,
    };
}
