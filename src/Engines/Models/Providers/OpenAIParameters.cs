using OpenAI.Chat;

namespace Steward.Engines.Models.Providers;

/// <summary>The parameters of a request in the words of OpenAI's package.</summary>
internal static class OpenAIParameters
{
    /// <summary>All but the messages.</summary>
    public static ChatCompletionOptions Options(ChatRequest request, int? maxOutputTokens)
    {
        var sampling = request.Sampling;
#pragma warning disable OPENAI001 // Seed and effort are marked as experimental in the package, not in the API.
        var options = new ChatCompletionOptions
        {
            MaxOutputTokenCount = request.MaxOutputTokens < (maxOutputTokens ?? int.MaxValue) ? request.MaxOutputTokens : maxOutputTokens,
            Temperature = (float?)sampling.Temperature,
            TopP = (float?)sampling.TopP,
            FrequencyPenalty = (float?)sampling.FrequencyPenalty,
            PresencePenalty = (float?)sampling.PresencePenalty,
            Seed = sampling.Seed,
            ReasoningEffortLevel = sampling.ReasoningEffort is { } effort ? new ChatReasoningEffortLevel(effort) : default(ChatReasoningEffortLevel?),
            ResponseFormat = Format(request.Format),
        };
#pragma warning restore OPENAI001
        foreach (var stop in sampling.Stop)
        {
            options.StopSequences.Add(stop);
        }

        foreach (var tool in request.Tools)
        {
            options.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.Parameters.GetRawText()), tool.IsStrict));
        }

        if (request.Tools.Count > 0)
        {
            options.ToolChoice = !request.AllowToolCalls ? ChatToolChoice.CreateNoneChoice()
                : request.RequiredTool is not { } required ? ChatToolChoice.CreateAutoChoice()
                : required == ChatRequest.AnyTool ? ChatToolChoice.CreateRequiredChoice()
                : ChatToolChoice.CreateFunctionChoice(required);
            options.AllowParallelToolCalls = request.AllowParallelToolCalls;
        }

        return options;
    }

    /// <summary>A part of a user's message.</summary>
    public static ChatMessageContentPart Part(ChatPart part)
    {
        if (part is not ChatImagePart image)
        {
            return ChatMessageContentPart.CreateTextPart(((ChatTextPart)part).Text);
        }

        ChatImageDetailLevel? detail = image.Detail is { } level ? new ChatImageDetailLevel(level) : default(ChatImageDetailLevel?);
        return ImageData.TryParse(image.Url, out var mediaType, out var bytes)
            ? ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(bytes), mediaType, detail)
            : ChatMessageContentPart.CreateImagePart(new Uri(image.Url), detail);
    }

    private static ChatResponseFormat? Format(ChatFormat? format) => format switch
    {
        null => null,
        { Schema: { } schema } => ChatResponseFormat.CreateJsonSchemaFormat(format.Name, BinaryData.FromString(schema.GetRawText()), format.Description, format.IsStrict),
        _ => ChatResponseFormat.CreateJsonObjectFormat(),
    };
}
