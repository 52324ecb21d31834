# Completions of `cargo xtask images` for PowerShell. It has one completer for a command, so this takes the place of another for
# `cargo`; what it does not know is completed as paths are.

Register-ArgumentCompleter -Native -CommandName cargo -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    if ($words.Count -lt 3 -or $words[1] -ne 'xtask' -or $words[2] -ne 'images') { return }
    # The xtask that was built last: nobody who presses a key wants to wait for a build.
    $name = if ($env:OS -eq 'Windows_NT') { 'xtask.exe' } else { 'xtask' }
    $tool = $null
    $folder = (Get-Location).ProviderPath
    while ($folder -and -not $tool) {
        $tool = 'debug', 'release' |
            ForEach-Object { Join-Path $folder "target/$_/$name" } |
            Where-Object { Test-Path $_ -PathType Leaf } |
            Select-Object -First 1
        $folder = Split-Path $folder -Parent
    }
    if (-not $tool) { return }
    # An empty word is not handed on by each version.
    $asked = @(if ($wordToComplete) { '--' } else { '--new-word', '--' }) + @($words | Select-Object -Skip 3)
    if ($wordToComplete) { $asked += $wordToComplete }
    & $tool images complete @asked 2>$null | Where-Object { $_ -ne ':path' } | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        if (-not $about) { $about = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
    }
}
