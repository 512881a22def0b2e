using System.Text.RegularExpressions;

namespace Steward.Engines.Models.Providers;

/// <summary>
/// By which parameter a server of chat completions lets an answer's length be limited. OpenAI has renamed it and refuses the old one for its reasoning models; Ollama, llama-cpp-python and llama.cpp before 2026 know the old one alone and pass over
/// the new one, so that neither a caller's limit nor a budget's would hold there. Pure.
/// </summary>
internal static partial class OpenAIOutputLimit
{
    /// <summary>OpenAI's parameter.</summary>
    public const string New = "max_completion_tokens";

    /// <summary>The one that every other server knows.</summary>
    public const string Old = "max_tokens";

    // Azure's clouds for governments and for China have endings of their own.
    private static readonly string[] OwnHosts =
        ["api.openai.com", .. from cloud in (string[])["com", "us", "cn"] from service in (string[])["openai.azure.", "cognitiveservices.azure.", "services.ai.azure."] select service + cloud];

    /// <summary>The parameter for a model at a server.</summary>
    public static string Of(Uri server, string model)
    {
        ArgumentNullException.ThrowIfNull(server);
        var isOwn = OwnHosts.Any(host => server.Host == host || server.Host.EndsWith("." + host, StringComparison.Ordinal));
        return isOwn || OwnName().IsMatch(model) ? New : Old;
    }

    // Behind a proxy they are still OpenAI's; gpt-oss is for anybody's server. Some proxies put the maker's name before the model's; one's own that were fine-tuned begin with ft:.
    [GeneratedRegex(@"(^|/)(ft:)?(gpt-(?!oss)|chatgpt-|o[1-9](-|$))", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OwnName();
}
