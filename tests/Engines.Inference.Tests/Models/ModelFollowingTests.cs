using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests.Models;

/// <summary>What operators change in the folder of models is in place in a running engine.</summary>
public sealed class ModelFollowingTests : IDisposable
{
    private readonly EngineUnderTest _engine = new(configure: null, "tiny-topics");
    private readonly DirectoryInfo _elsewhere = Directory.CreateTempSubdirectory("steward-models-");

    [NativeFact]
    public async Task Add_NewVersionUnderLoad_AnswersAndFailsNoRequest()
    {
        using var stop = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var outcomes = new HashSet<InferenceOutcome>();
            while (!stop.IsCancellationRequested)
            {
                outcomes.Add((await _engine.ClassifyAsync("mail printer vpn mail")).Outcome);
            }

            return outcomes;
        })).ToList();

        for (var version = 2; version < 6; version++)
        {
            _engine.Folder.Add(Version($"{version}"), ModelExposure.Everyone);
            await _engine.FollowAsync();
            Assert.Equal($"{version}", await VersionForAsync("t-acme"));
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(askers), outcomes => Assert.Equal([InferenceOutcome.Done], outcomes));
    }

    [NativeFact]
    public async Task Canary_AddedPromotedAndGoneBackFrom_AnswersWhomItShould()
    {
        _engine.Folder.Add(Version("2"), ModelExposure.Canary(0, "t-brave"));
        await _engine.FollowAsync();
        Assert.Equal(("2", "1"), (await VersionForAsync("t-brave"), await VersionForAsync("t-other")));

        Assert.True(_engine.Folder.Promote("tiny-topics", "2"));
        await _engine.FollowAsync();
        Assert.Equal(("2", "2"), (await VersionForAsync("t-brave"), await VersionForAsync("t-other")));

        Assert.True(_engine.Folder.Promote("tiny-topics", "1"));
        await _engine.FollowAsync();
        Assert.Equal(("1", "1"), (await VersionForAsync("t-brave"), await VersionForAsync("t-other")));
    }

    [NativeFact]
    public async Task Canary_Withdrawn_AnswersNobody()
    {
        _engine.Folder.Add(Version("2"), ModelExposure.Canary(1));
        await _engine.FollowAsync();
        Assert.Equal("2", await VersionForAsync("t-acme"));

        Assert.True(_engine.Folder.Withdraw("tiny-topics", "2"));
        await _engine.FollowAsync();

        Assert.Equal("1", await VersionForAsync("t-acme"));
        Assert.Equal("1", Assert.Single(_engine.Engine.Models.List()).Version);
    }

    [NativeFact]
    public async Task Shadow_Added_IsLoadedThoughNobodyAsksIt()
    {
        _engine.Folder.Add(Version("2"), ModelExposure.Shadow(0.5));
        await _engine.FollowAsync();

        var shadow = Assert.Single(_engine.Engine.Models.List(), model => model.Exposure == ExposureKind.Shadow);
        Assert.Equal(("2", true), (shadow.Version, shadow.IsLoaded));
        Assert.Equal("1", await VersionForAsync("t-acme"));
    }

    [NativeFact]
    public async Task Restart_FindsWhoGetsWhichVersion()
    {
        _engine.Folder.Add(Version("2"), ModelExposure.Everyone);
        _engine.Folder.Add(Version("3"), ModelExposure.Canary(0, "t-brave"));

        using var again = _engine.Again();

        Assert.Equal("2", (await again.ClassifyAsync("mail", tenant: "t-other")).Value!.Version);
        Assert.Equal("3", (await again.ClassifyAsync("mail", tenant: "t-brave")).Value!.Version);
    }

    [NativeFact]
    public async Task Add_BrokenVersion_IsRefusedAndTheOldOneGoesOnUntilItIsMended()
    {
        var added = _engine.Folder.Add(Version("2"), ModelExposure.Everyone);
        var model = Path.Combine(added.Folder, "model.onnx");
        var whole = await File.ReadAllBytesAsync(model);
        await File.WriteAllTextAsync(model, "garbage");

        await _engine.FollowAsync();
        Assert.Equal("1", await VersionForAsync("t-acme"));
        Assert.Equal(1, _engine.Engine.Status.RefusedFolders);
        var refused = Assert.Single(_engine.Engine.Models.Refused);
        Assert.Equal("tiny-topics-2", refused.Folder);
        Assert.Contains("model.onnx has the SHA-256", refused.Reason, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(model, whole);
        await _engine.FollowAsync();
        Assert.Equal("2", await VersionForAsync("t-acme"));
        Assert.Empty(_engine.Engine.Models.Refused);
    }

    [NativeFact]
    public async Task Restart_NewestVersionIsBroken_TheOneBeforeAnswersOnceThatIsKnown()
    {
        var added = _engine.Folder.Add(Version("2"), ModelExposure.Everyone);
        await File.WriteAllTextAsync(Path.Combine(added.Folder, "model.onnx"), "garbage");
        using var again = _engine.Again();

        Assert.Equal(InferenceOutcome.NotAvailable, (await again.ClassifyAsync("mail")).Outcome);
        await again.FollowAsync();

        Assert.Equal("1", (await again.ClassifyAsync("mail")).Value!.Version);
    }

    [NativeTheory]
    [InlineData("{", "exposure.json is not what it should be")]
    [InlineData("""{"kind":"some"}""", "kind must be everyone, canary, shadow or none")]
    [InlineData("""{"kind":"canary","share":2}""", "share must be 0 to 1")]
    [InlineData("""{"kind":"canary","tenants":[null]}""", "share must be 0 to 1")]
    public async Task Exposure_WrongFile_IsRefusedWithTheReasonAndReadAgainWhenItIsMended(string content, string reason)
    {
        var added = _engine.Folder.Add(Version("2"), ModelExposure.Canary(0, "t-brave"));
        await _engine.FollowAsync();
        var file = Path.Combine(added.Folder, ModelDirectory.ExposureFileName);
        var before = await File.ReadAllTextAsync(file);

        await File.WriteAllTextAsync(file, content);
        await _engine.FollowAsync();
        Assert.Contains(reason, Assert.Single(_engine.Engine.Models.Refused).Reason, StringComparison.Ordinal);
        Assert.Equal("2", await VersionForAsync("t-brave"));

        await File.WriteAllTextAsync(file, before.Replace("t-brave", "t-other", StringComparison.Ordinal));
        await _engine.FollowAsync();
        Assert.Empty(_engine.Engine.Models.Refused);
        Assert.Equal(("1", "2"), (await VersionForAsync("t-brave"), await VersionForAsync("t-other")));
    }

    [NativeFact]
    public async Task Folder_Gone_TheVersionForEverybodyStaysAndTheCanaryGoes()
    {
        var added = _engine.Folder.Add(Version("2"), ModelExposure.Canary(1));
        await _engine.FollowAsync();
        Assert.Equal("2", await VersionForAsync("t-acme"));
        Directory.Delete(added.Folder, recursive: true);
        Directory.Delete(_engine.FolderOf("tiny-topics"), recursive: true);

        await _engine.FollowAsync();

        Assert.Equal(["1"], _engine.Engine.Models.List().Select(model => model.Version));
    }

    [NativeFact]
    public async Task Check_Folder_ChangesNothing()
    {
        var sound = await _engine.Engine.Models.CheckAsync(Version("2"));
        var broken = Version("3");
        await File.WriteAllTextAsync(Path.Combine(broken, "labels.json"), "[]");

        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => _engine.Engine.Models.CheckAsync(broken));

        Assert.Equal(("tiny-topics", "2"), (sound.Name, sound.Version));
        Assert.Contains("labels.json", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", Assert.Single(_engine.Engine.Models.List()).Version);
    }

    [Fact]
    public void Add_WhatCannotStand_SaysWhy()
    {
        var folder = _engine.Folder;
        folder.Add(Version("2"), ModelExposure.Everyone);

        Assert.Contains("is there already", Assert.Throws<InvalidOperationException>(() => folder.Add(Version("2"), ModelExposure.Everyone)).Message, StringComparison.Ordinal);
        Assert.Contains("could stand beside", Assert.Throws<InvalidOperationException>(() => folder.Add(Version("1", "other"), ModelExposure.Canary(0.1))).Message, StringComparison.Ordinal);
        Assert.Throws<ModelRefusedException>(() => folder.Add(_elsewhere.FullName, ModelExposure.Everyone));
        Assert.False(folder.Promote("tiny-topics", "9"));
        Assert.True(folder.Withdraw("tiny-topics", "2"));
        Assert.False(folder.Withdraw("tiny-topics", "1"));
        Assert.DoesNotContain(Directory.EnumerateDirectories(_engine.Root), path => Path.GetFileName(path).StartsWith('.'));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _elsewhere.Delete(recursive: true);
    }

    private async Task<string> VersionForAsync(string tenant)
    {
        var answer = await _engine.ClassifyAsync("mail", tenant: tenant);
        return answer.Value?.Version ?? $"{answer.Outcome}: {answer.Problem}";
    }

    // A folder that lies elsewhere until it is added.
    private string Version(string version, string? name = null)
    {
        var target = Directory.CreateDirectory(Path.Combine(_elsewhere.FullName, Guid.NewGuid().ToString("n")));
        EngineUnderTest.CopyTiny("tiny-topics", target.FullName, version, name);
        return target.FullName;
    }
}
