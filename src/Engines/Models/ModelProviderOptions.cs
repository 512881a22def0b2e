namespace Steward.Engines.Models;

/// <summary>A provider of models.</summary>
public sealed class ModelProviderOptions
{
    /// <summary>How it speaks: <c>openai</c> (OpenAI, Azure, vLLM, Ollama and others) or <c>anthropic</c>. Default <c>openai</c>.</summary>
    public string Kind { get; set; } = OpenAI;

    /// <summary>Its address; null is that of OpenAI or Anthropic.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Its keys, which take turns: one that is over its limit or refused rests for a while.</summary>
    public IList<string> ApiKeys { get; } = [];

    /// <summary>
    /// The parameter that limits the length of an answer: <c>max_completion_tokens</c> or <c>max_tokens</c>. Default null: the former at OpenAI's and Azure's own addresses and for models with OpenAI's names, the latter elsewhere, for some servers
    /// (Ollama, older llama.cpp) pass over the former without a word. Of no use for <c>anthropic</c>.
    /// </summary>
    public string? OutputLimit { get; set; }

    /// <summary>Speaks OpenAI's chat completions.</summary>
    public const string OpenAI = "openai";

    /// <summary>Speaks Anthropic's Messages API.</summary>
    public const string Anthropic = "anthropic";
}
