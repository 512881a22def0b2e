using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests.Models;

/// <summary>A version that cannot be used takes nobody's answers away, after a restart neither.</summary>
public sealed class BrokenVersionTests : IDisposable
{
    private readonly EngineUnderTest _engine = new(configure: null, "tiny-topics");
    private readonly DirectoryInfo _elsewhere = Directory.CreateTempSubdirectory("steward-models-");

    [NativeFact]
    public async Task Restart_CanaryIsBroken_ItsFirstRequestGetsWhatEverybodyGets()
    {
        Break(Add("2", ModelExposure.Canary(0, "t-brave")));
        using var again = _engine.Again();

        Assert.Equal("1", await VersionAsync(again, "t-brave"));
        Assert.Single(again.Engine.Models.Refused);
        await again.FollowAsync();
        Assert.Equal("1", Assert.Single(again.Engine.Models.List()).Version);
        Assert.Equal("1", await VersionAsync(again, "t-brave"));
    }

    [NativeFact]
    public async Task Restart_CanaryIsBrokenAndMendedLater_AnswersAgain()
    {
        var canary = Add("2", ModelExposure.Canary(0, "t-brave"));
        Break(canary);
        using var again = _engine.Again();
        await again.FollowAsync();
        Assert.Equal("1", await VersionAsync(again, "t-brave"));

        File.Copy(Path.Combine(EngineUnderTest.Tiny("tiny-topics"), "model.onnx"), Path.Combine(canary, "model.onnx"), overwrite: true);
        await again.FollowAsync();

        Assert.Equal(("2", "1"), (await VersionAsync(again, "t-brave"), await VersionAsync(again, "t-other")));
    }

    [NativeFact]
    public async Task Restart_NewestIsBroken_TheFirstLookPutsTheOneBeforeInPlace()
    {
        Break(Add("2", ModelExposure.Everyone));
        using var again = _engine.Again();

        await again.FollowAsync();

        var only = Assert.Single(again.Engine.Models.List());
        Assert.Equal(("1", true), (only.Version, only.IsLoaded));
    }

    [NativeFact]
    public async Task Start_SeveralVersions_AreLoadedBeforeAnybodyAsks()
    {
        Add("2", ModelExposure.Everyone);
        Break(Add("3", ModelExposure.Canary(0, "t-brave")));
        _engine.Copy("tiny-slow", "tiny-slow");

        // Only the look at the start happens here.
        using var again = _engine.Again(options => options.FollowModelsEvery = TimeSpan.FromDays(1));
        await again.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (again.Engine.Models.List().Count(model => model.Name == "tiny-topics") > 1)
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.Equal([("tiny-slow", "1", false), ("tiny-topics", "2", true)], again.Engine.Models.List().Select(model => (model.Name, model.Version, model.IsLoaded)));
    }

    [NativeFact]
    public async Task Follow_FilesOfTheVersionInMemoryAreBroken_ItGoesOnUntilAnotherIsPromoted()
    {
        var second = Add("2", ModelExposure.Everyone);
        await _engine.FollowAsync();
        Break(second);
        await _engine.FollowAsync();
        await _engine.FollowAsync();
        Assert.Equal("2", await VersionAsync(_engine, "t-acme"));

        Assert.True(_engine.Folder.Promote("tiny-topics", "1"));
        await _engine.FollowAsync();

        Assert.Equal("1", await VersionAsync(_engine, "t-acme"));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _elsewhere.Delete(recursive: true);
    }

    private static void Break(string folder) => File.WriteAllText(Path.Combine(folder, "model.onnx"), "garbage");

    private static async Task<string> VersionAsync(EngineUnderTest engine, string tenant)
    {
        var answer = await engine.ClassifyAsync("mail", tenant: tenant);
        return answer.Value?.Version ?? $"{answer.Outcome}: {answer.Problem}";
    }

    private string Add(string version, ModelExposure exposure)
    {
        var source = Directory.CreateDirectory(Path.Combine(_elsewhere.FullName, version)).FullName;
        EngineUnderTest.CopyTiny("tiny-topics", source, version);
        return _engine.Folder.Add(source, exposure).Folder;
    }
}
