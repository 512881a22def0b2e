using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// Asks the model as well for a sample of the questions that the semantic cache answered, and compares: the share of false hits under real load. Such a call goes through the gateway like any other, in the tenant's name, with the
/// feature <c>cache-shadow</c>, in the background, and is settled.
/// </summary>
internal sealed class ShadowSample(IServiceProvider services, IOptions<ModelCacheOptions> options, IRandomSource random, TimeProvider time, ITextEmbedder? embedder = null)
{
    private const int MostAtOnce = 4;

    private int _running;

    /// <summary>The comparison that began last; for tests to wait for.</summary>
    internal Task Last { get; private set; } = Task.CompletedTask;

    /// <summary>Compares, or not: by chance.</summary>
    public void Consider(ModelCall call, CachedAnswer cached)
    {
        if (embedder is null || options.Value.ShadowShare <= 0 || random.NextDouble() >= options.Value.ShadowShare)
        {
            return;
        }

        if (Interlocked.Increment(ref _running) > MostAtOnce)
        {
            Interlocked.Decrement(ref _running);
            return;
        }

        var shadow = new ModelCall(
            call.Origin with { CallId = $"mc-{Guid.CreateVersion7():N}", Feature = "cache-shadow", IsInteractive = false, Cache = ModelCacheHint.Never },
            call.Request with { Deadline = null },
            call.Model,
            time.GetUtcNow());
        Last = Task.Run(() => CompareAsync(shadow, cached), CancellationToken.None);
    }

    private async Task CompareAsync(ModelCall shadow, CachedAnswer cached)
    {
        try
        {
            var answer = new StringBuilder();
            await foreach (var delta in services.GetRequiredService<IModelGateway>().StreamAsync(shadow, CancellationToken.None))
            {
                answer.Append((delta as ChatText)?.Text);
            }

            CacheMetrics.Shadowed(await SayTheSameAsync(shadow.Origin.TenantId, cached.Text, answer.ToString()) switch { true => "agrees", false => "differs", null => "failed" });
        }
        catch (ModelException)
        {
            CacheMetrics.Shadowed("failed");
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    /// <summary>Whether two answers say the same as far as can be seen: their beginnings mean the same and they deny alike.</summary>
    private async Task<bool?> SayTheSameAsync(string tenantId, string first, string second)
    {
        var (x, y) = (await EmbedAsync(tenantId, first), await EmbedAsync(tenantId, second));
        return x is null || y is null ? null : x.Cosine(y) >= options.Value.ShadowCosine && Denies(first) == Denies(second);
    }

    private ValueTask<TextVector?> EmbedAsync(string tenantId, string text) =>
        embedder!.EmbedAsync(tenantId, text.Length > options.Value.SemanticMaxCharacters ? text[..options.Value.SemanticMaxCharacters] : text, isInteractive: false, CancellationToken.None);

    private bool Denies(string text) => QuestionToken.Read(text.Length > options.Value.SemanticMaxCharacters ? text[..options.Value.SemanticMaxCharacters] : text).Any(word => QuestionWords.Negations.Contains(word.Text));
}
