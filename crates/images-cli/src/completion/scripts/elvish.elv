# Completions of `cargo xtask images` for Elvish. Everything else of cargo stays with the completions that it has.

use path
use str

# The xtask that was built last: nobody who presses a key wants to wait for a build.
fn cargo-xtask-images-tool {
  var folder = $pwd
  while $true {
    for program [$folder/target/debug/xtask $folder/target/release/xtask] {
      if (path:is-regular &follow-symlink=$true $program) {
        put $program
        return
      }
    }
    if (==s $folder /) {
      return
    }
    set folder = (path:dir $folder)
  }
}

var cargo-xtask-images-before = {|@words| }
if (has-key $edit:completion:arg-completer cargo) {
  set cargo-xtask-images-before = $edit:completion:arg-completer[cargo]
}

set edit:completion:arg-completer[cargo] = {|@words|
  if (or (< (count $words) 4) (not (and (==s $words[1] xtask) (==s $words[2] images)))) {
    $cargo-xtask-images-before $@words
    return
  }
  for tool [(cargo-xtask-images-tool)] {
    for line [((external $tool) images complete -- (all $words[3..]) 2>/dev/null)] {
      if (==s $line :path) {
        edit:complete-filename $words[-1]
      } else {
        var word about = (str:split &max=2 "\t" $line"\t")
        edit:complex-candidate $word &display=$word' '(str:trim-space $about)
      }
    }
  }
}
