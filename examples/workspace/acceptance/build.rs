fn main() {
    images_build::emit().exact();
}
