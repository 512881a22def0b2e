using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests;

/// <summary>The entry point of a process of its own, which asks an engine for everything and writes what it answered.</summary>
internal static class WithoutLibrary
{
    public static async Task<int> Main()
    {
        using var engine = new EngineUnderTest();
        var embedded = await engine.Engine.EmbedAsync(new EmbedRequest { Model = "tiny-embedder", Texts = ["mail"] });
        var ranked = await engine.Engine.RerankAsync(new RerankRequest { Model = "tiny-reranker", Query = "mail", Passages = ["mail"] });
        for (var i = 0; i < 3; i++)
        {
            Console.WriteLine($"classify {(await engine.ClassifyAsync("mail")).Outcome}");
        }

        Console.WriteLine($"embed {embedded.Outcome}");
        Console.WriteLine($"rerank {ranked.Outcome}");
        try
        {
            await engine.PublishAsync(engine.FolderOf("tiny-topics"));
        }
        catch (ModelRefusedException e)
        {
            Console.WriteLine($"publish {e.Fault}");
        }

        Console.WriteLine(engine.Engine.Status.Summary);
        return 0;
    }
}
